/// A transposed convolution as a user says it: everything but the numbers.
///
/// Its meaning is `tf.nn.conv2d_transpose`'s, with PyTorch's and ONNX's explicit crops, output padding and groups:
/// scatter every input pixel, multiplied by the kernel, to the output at `stride` steps, then crop (`docs/semantics.md`).
package struct TransposedConvolution: Sendable, Hashable {
  package var strides = Spatial(height: 1, width: 1)
  package var dilations = Spatial(height: 1, width: 1)
  package var padding = Padding.same
  /// The size asked for; without it the padding's own rule gives one.
  package var outputShape: RequestedOutputShape?
  /// Rows and columns added at the end, computed like all others. Only with `.valid` and `.explicit`.
  package var outputPadding: Spatial?
  package var groups = 1
  package var layout = Layout.nhwc
  package var activation = Activation.linear

  package init() {}
}

/// One number for each axis of an image.
package struct Spatial: Sendable, Hashable {
  package var height: Int
  package var width: Int

  package init(height: Int, width: Int) {
    self.height = height
    self.width = width
  }
}

/// What is cut off the full result: the padding of the convolution that this one is the transpose of.
package enum Padding: Sendable, Hashable {
  /// TensorFlow's SAME: the crop follows from the output's size, the odd one comes off the end.
  case same
  /// Nothing is cropped.
  case valid
  case explicit(Edges)

  package struct Edges: Sendable, Hashable {
    package var top: Int
    package var bottom: Int
    package var left: Int
    package var right: Int

    package init(top: Int, bottom: Int, left: Int, right: Int) {
      self.top = top
      self.bottom = bottom
      self.left = left
      self.right = right
    }
  }

  package var name: String {
    switch self {
    case .same: "SAME"
    case .valid: "VALID"
    case .explicit(let edges): "[[\(edges.top),\(edges.bottom)],[\(edges.left),\(edges.right)]]"
    }
  }
}

/// An output shape as it was asked for. Batch and channels, where given, are only checked.
package struct RequestedOutputShape: Sendable, Hashable {
  package var batch: Int?
  package var spatial: Spatial
  package var channels: Int?

  package init(batch: Int? = nil, spatial: Spatial, channels: Int? = nil) {
    self.batch = batch
    self.spatial = spatial
    self.channels = channels
  }
}

/// The order of an image batch's axes in memory.
package enum Layout: String, Sendable, Hashable, CaseIterable {
  case nhwc = "NHWC"
  case nchw = "NCHW"

  package func dimensions(of images: ImageBatch) -> [Int] {
    switch self {
    case .nhwc: [images.batch, images.height, images.width, images.channels]
    case .nchw: [images.batch, images.channels, images.height, images.width]
    }
  }

  /// The reading of four dimensions; nil for another rank.
  package func images(_ dimensions: [Int]) -> ImageBatch? {
    guard dimensions.count == 4 else { return nil }
    return switch self {
    case .nhwc:
      ImageBatch(batch: dimensions[0], height: dimensions[1], width: dimensions[2], channels: dimensions[3])
    case .nchw:
      ImageBatch(batch: dimensions[0], height: dimensions[2], width: dimensions[3], channels: dimensions[1])
    }
  }
}

/// The size of a batch of images, whatever their layout.
package struct ImageBatch: Sendable, Hashable {
  package var batch: Int
  package var height: Int
  package var width: Int
  package var channels: Int

  package init(batch: Int, height: Int, width: Int, channels: Int) {
    self.batch = batch
    self.height = height
    self.width = width
    self.channels = channels
  }

  /// Elements from one neighbour to the next along each axis.
  func steps(_ layout: Layout) -> Steps {
    switch layout {
    case .nhwc: Steps(image: height * width * channels, row: width * channels, column: channels, channel: 1)
    case .nchw: Steps(image: channels * height * width, row: width, column: 1, channel: height * width)
    }
  }

  struct Steps: Sendable, Hashable {
    let image: Int
    let row: Int
    let column: Int
    let channel: Int
  }
}
