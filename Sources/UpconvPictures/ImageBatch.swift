import UpconvTensor

/// Where the channels stand among a tensor's axes.
package enum ChannelOrder: Sendable {
  /// [batch, height, width, channels]
  case last
  /// [batch, channels, height, width]
  case first
  /// [batch, height, width]: one channel, which has no axis.
  case absent
}

/// A tensor read as images. Rank 3 is one image, or a batch if channels have no axis; rank 2 is one channel of one image,
/// rank 1 one row, rank 0 one pixel.
struct ImageBatch {
  let tensor: Tensor
  let count: Int
  let height: Int
  let width: Int
  let channels: Int
  private let order: ChannelOrder

  /// - Throws: `.rankTooHigh`, `.empty`.
  init(_ tensor: Tensor, _ order: ChannelOrder) throws(PictureError) {
    let dimensions = tensor.shape.dimensions
    guard dimensions.count <= 4 else { throw .rankTooHigh(dimensions) }
    guard tensor.shape.elementCount > 0 else { throw .empty(dimensions) }
    self.tensor = tensor
    self.order = order
    switch (dimensions.count, order) {
    case (4, .last), (4, .absent):
      (count, height, width, channels) = (dimensions[0], dimensions[1], dimensions[2], dimensions[3])
    case (4, .first): (count, channels, height, width) = (dimensions[0], dimensions[1], dimensions[2], dimensions[3])
    case (3, .last): (count, height, width, channels) = (1, dimensions[0], dimensions[1], dimensions[2])
    case (3, .first): (count, channels, height, width) = (1, dimensions[0], dimensions[1], dimensions[2])
    case (3, .absent): (count, height, width, channels) = (dimensions[0], dimensions[1], dimensions[2], 1)
    case (2, _): (count, height, width, channels) = (1, dimensions[0], dimensions[1], 1)
    case (1, _): (count, height, width, channels) = (1, 1, dimensions[0], 1)
    default: (count, height, width, channels) = (1, 1, 1, 1)
    }
  }

  /// Where the element stands in memory.
  func offset(image: Int, row: Int, column: Int, channel: Int) -> Int {
    switch order {
    case .last, .absent: ((image * height + row) * width + column) * channels + channel
    case .first: ((image * channels + channel) * height + row) * width + column
    }
  }
}
