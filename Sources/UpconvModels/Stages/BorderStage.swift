import UpconvConvolution
import UpconvTensor

/// Zeros around images, or images without their borders.
struct BorderStage: Stage {
  let layer: String
  var work: String { "border" }
  let layout: Layout
  let edges: Padding.Edges
  let isPadding: Bool

  var addedRows: Int { isPadding ? edges.top + edges.bottom : -edges.top - edges.bottom }
  var addedColumns: Int { isPadding ? edges.left + edges.right : -edges.left - edges.right }

  func outputDimensions(of input: [Int]) throws(ModelInputError) -> [Int] {
    var output = input
    for (axis, index, added) in [("height", layout.axes.height, addedRows), ("width", layout.axes.width, addedColumns)]
    {
      output[index] += added
      guard output[index] > 0 else { throw .noOutput(layer: layer, axis: axis, size: output[index]) }
    }
    return output
  }

  func run(_ tensor: inout Tensor, output: Shape, _ settings: RunSettings) {
    let (source, target) = (ImageMemory(tensor.shape, layout), ImageMemory(output, layout))
    let input = tensor
    tensor = Tensor.filled(shape: output) { elements in
      input.withElements { input in
        guard let from = input.baseAddress, let to = elements.baseAddress else { return }
        for plane in 0..<target.planes {
          let (from, to) = (from + plane * source.plane, to + plane * target.plane)
          isPadding ? pad(from, source, to, target) : crop(from, source, to, target)
        }
      }
    }
  }

  private func pad(
    _ from: UnsafePointer<Float>, _ source: ImageMemory, _ to: UnsafeMutablePointer<Float>, _ target: ImageMemory
  ) {
    let (left, right) = (edges.left * target.pixel, edges.right * target.pixel)
    (to).update(repeating: 0, count: edges.top * target.row)
    for row in 0..<source.height {
      let line = to + (row + edges.top) * target.row
      line.update(repeating: 0, count: left)
      (line + left).update(from: from + row * source.row, count: source.row)
      (line + left + source.row).update(repeating: 0, count: right)
    }
    (to + (target.height - edges.bottom) * target.row).update(repeating: 0, count: edges.bottom * target.row)
  }

  private func crop(
    _ from: UnsafePointer<Float>, _ source: ImageMemory, _ to: UnsafeMutablePointer<Float>, _ target: ImageMemory
  ) {
    for row in 0..<target.height {
      let line = from + (row + edges.top) * source.row + edges.left * source.pixel
      (to + row * target.row).update(from: line, count: target.row)
    }
  }
}
