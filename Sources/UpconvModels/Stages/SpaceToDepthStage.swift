import UpconvConvolution
import UpconvTensor

/// Gathers for a strided convolution: the pixels of one stride become channels of one pixel, zeros around the image
/// included, so that what is left to do has stride 1.
///
/// Pixel `(i, j)`, phase `(p, q)` of the result is the input's pixel `(i·stride + p - before, j·stride + q - before)`;
/// channels are in the order group, phase row, phase column, channel of the group.
struct SpaceToDepthStage: Stage {
  let layer: String
  var work: String { "gather" }
  let layout: Layout
  private(set) var rows: ForwardWindow
  private(set) var columns: ForwardWindow
  let groups: Int

  /// The same for the image that a ZeroPadding2D before it makes larger; nil if the size of that decides about more
  /// zeros.
  func preceded(by border: BorderStage) -> SpaceToDepthStage? {
    guard border.isPadding, border.layout == layout,
      let rows = rows.padded(before: border.edges.top, after: border.edges.bottom),
      let columns = columns.padded(before: border.edges.left, after: border.edges.right)
    else { return nil }
    var stage = self
    (stage.rows, stage.columns) = (rows, columns)
    return stage
  }

  init(layer: String, layout: Layout, rows: ForwardWindow, columns: ForwardWindow, groups: Int) {
    self.layer = layer
    self.layout = layout
    self.rows = rows
    self.columns = columns
    self.groups = groups
  }

  private var phases: Int { rows.gatheredPhases * columns.gatheredPhases }

  func outputDimensions(of input: [Int]) throws(ModelInputError) -> [Int] {
    let axes = layout.axes
    var output = input
    for (name, index, window) in [("height", axes.height, rows), ("width", axes.width, columns)] {
      let length = window.outputLength(input[index])
      guard length > 0 else { throw .noOutput(layer: layer, axis: name, size: length) }
      output[index] = length + window.gatheredKernel - 1
    }
    output[axes.channels] = product([input[axes.channels]], phases)
    return output
  }

  func run(_ tensor: inout Tensor, output: Shape, _ settings: RunSettings) {
    let (source, target) = (ImageMemory(tensor.shape, layout), ImageMemory(output, layout))
    let channels = tensor.shape[layout.axes.channels] / groups
    let (top, left) = (rows.before(source.height), columns.before(source.width))
    let images = output[0]
    let input = tensor
    tensor = Tensor.filled(shape: output) { elements in
      input.withElements { input in
        guard let from = input.baseAddress, let to = elements.baseAddress else { return }
        for image in 0..<images {
          for group in 0..<groups {
            for p in 0..<rows.gatheredPhases {
              for q in 0..<columns.gatheredPhases {
                let phase = (group * rows.gatheredPhases + p) * columns.gatheredPhases + q
                let (first, second) = (group * channels, phase * channels)
                switch layout {
                case .nhwc:
                  gather(
                    from + image * source.plane + first, source, to + image * target.plane + second, target,
                    count: channels, row: p - top, column: q - left)
                case .nchw:
                  for channel in 0..<channels {
                    gather(
                      from + (image * groups * channels + first + channel) * source.plane, source,
                      to + (image * groups * channels * phases + second + channel) * target.plane, target,
                      count: 1, row: p - top, column: q - left)
                  }
                }
              }
            }
          }
        }
      }
    }
  }

  /// Copies `count` numbers of every pixel of a phase that begins at a row and column of the source, which may lie
  /// before it.
  private func gather(
    _ from: UnsafePointer<Float>, _ source: ImageMemory, _ to: UnsafeMutablePointer<Float>, _ target: ImageMemory,
    count: Int, row: Int, column: Int
  ) {
    for i in 0..<target.height {
      let y = row + i * rows.stride
      for j in 0..<target.width {
        let x = column + j * columns.stride
        let place = to + i * target.row + j * target.pixel
        if y >= 0, y < source.height, x >= 0, x < source.width {
          place.update(from: from + y * source.row + x * source.pixel, count: count)
        } else {
          place.update(repeating: 0, count: count)
        }
      }
    }
  }
}
