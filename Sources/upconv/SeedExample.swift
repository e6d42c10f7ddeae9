import UpconvTensor

/// The example that all of this grew from: three images of 4×4×2 ones, a 3×3 kernel of ones, stride 2, SAME.
enum SeedExample {
  static let inputDimensions = [3, 4, 4, 2]
  static let filterDimensions = [3, 3, 4, 2]

  static func ones(_ dimensions: [Int]) -> Tensor? {
    Tensor(dimensions: dimensions, elements: [Float](repeating: 1, count: dimensions.reduce(1, *)))
  }

  /// A line for a shell: one image of 2×2 ones through the same kernel, so small that the pattern can be read.
  static func curl(url: String) -> String {
    """
    curl -s \(url)/v1/conv2d_transpose -d '{"input": {"shape": [1,2,2,1], "data": [1,1,1,1]}, \
    "filters": {"shape": [3,3,1,1], "data": [1,1,1,1,1,1,1,1,1]}, "strides": 2, "padding": "VALID"}'
    """
  }
}
