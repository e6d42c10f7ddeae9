import UpconvConvolution
import UpconvTensor

/// The example that all of this grew from: three images of 4×4×2 ones, a 3×3 kernel of ones, stride 2, SAME.
enum SeedExample {
  static let inputDimensions = [3, 4, 4, 2]
  static let filterDimensions = [3, 3, 4, 2]

  static func ones(_ dimensions: [Int]) -> Tensor? {
    Tensor(dimensions: dimensions, elements: [Float](repeating: 1, count: dimensions.reduce(1, *)))
  }

  /// A line for a shell that computes it.
  static func curl(url: String) -> String {
    """
    curl -s \(url)/v1/conv2d_transpose -d '{"input": \(json(inputDimensions)), \
    "filters": \(json(filterDimensions)), "output_shape": [8,8,4], "strides": [1,2,2,1], "padding": "SAME"}'
    """
  }

  private static func json(_ dimensions: [Int]) -> String {
    let ones = [String](repeating: "1", count: dimensions.reduce(1, *)).joined(separator: ",")
    return "{\"shape\":\(Shape.text(dimensions)),\"data\":[\(ones)]}"
  }
}
