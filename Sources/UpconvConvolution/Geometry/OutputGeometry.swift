package import UpconvTensor

/// What an operation computes at most.
package struct ConvolutionLimits: Sendable {
  package var tensor: TensorLimits
  /// Multiply-adds of one request. 10^12 keep two cores busy for minutes; real layers have 10^6 to 10^11.
  package var maxMultiplyAdds: Int

  package init(tensor: TensorLimits = TensorLimits(), maxMultiplyAdds: Int = 1_000_000_000_000) {
    self.tensor = tensor
    self.maxMultiplyAdds = maxMultiplyAdds
  }
}

/// All sizes of one run: the one place where an output's size and crop are decided.
struct OutputGeometry: Sendable, Hashable {
  let input: ImageBatch
  let output: ImageBatch
  let outputShape: Shape
  let vertical: AxisGeometry
  let horizontal: AxisGeometry

  /// - Parameters:
  ///   - inputShape: in the order of `operation.layout`.
  ///   - kernel: kernel height and width.
  /// - Throws: any `GeometryError` that concerns `input`, `output_shape`, `output_padding` or `padding`.
  init(
    operation: TransposedConvolution, inputShape: Shape, kernel: Spatial, inputChannels: Int, outputChannels: Int,
    limits: ConvolutionLimits
  ) throws(GeometryError) {
    guard let input = operation.layout.images(inputShape.dimensions) else {
      throw .wrongRank(field: "input", shape: inputShape.dimensions)
    }
    guard input.height > 0, input.width > 0, input.channels > 0 else {
      throw .emptyAxis(field: "input", shape: inputShape.dimensions)
    }
    guard input.channels == inputChannels else {
      throw .channelMismatch(inputChannels: input.channels, filterInputChannels: inputChannels)
    }
    // Zero is what every library means by none, and says on every layer.
    if let added = operation.outputPadding, added != Spatial(height: 0, width: 0) {
      guard operation.padding != .same else { throw .outputPaddingWithSame }
      guard operation.outputShape == nil else { throw .outputPaddingWithOutputShape }
    }
    if let batch = operation.outputShape?.batch, batch != input.batch {
      throw .outputBatch(requested: batch, input: input.batch)
    }
    if let channels = operation.outputShape?.channels, channels != outputChannels {
      throw .outputChannels(requested: channels, given: outputChannels)
    }
    vertical = try OutputGeometry.axis(.height, operation, input: input.height, kernel: kernel.height)
    horizontal = try OutputGeometry.axis(.width, operation, input: input.width, kernel: kernel.width)

    output = ImageBatch(
      batch: input.batch, height: vertical.output, width: horizontal.output, channels: outputChannels)
    let dimensions = operation.layout.dimensions(of: output)
    do { outputShape = try Shape(dimensions, limits: limits.tensor) } catch {
      throw .outputTooLarge(shape: dimensions, maxElements: limits.tensor.maxElements)
    }
    self.input = input
  }

  private static func axis(
    _ axis: GeometryError.Axis, _ operation: TransposedConvolution, input: Int, kernel: Int
  ) throws(GeometryError) -> AxisGeometry {
    let (stride, dilation, requested, added) =
      switch axis {
      case .height:
        (
          operation.strides.height, operation.dilations.height, operation.outputShape?.spatial.height,
          operation.outputPadding?.height
        )
      case .width:
        (
          operation.strides.width, operation.dilations.width, operation.outputShape?.spatial.width,
          operation.outputPadding?.width
        )
      }
    let rule: AxisGeometry.Rule =
      switch (operation.padding, axis) {
      case (.same, _): .same
      case (.valid, _): .cropped(before: 0, after: 0)
      case (.explicit(let edges), .height): .cropped(before: edges.top, after: edges.bottom)
      case (.explicit(let edges), .width): .cropped(before: edges.left, after: edges.right)
      }
    let reason = GeometryError.AxisRule(
      input: input, kernel: kernel, stride: stride, dilation: dilation, padding: operation.padding.name)
    if let added {
      guard added < max(stride, dilation) else {
        throw .outputPaddingTooLarge(axis: axis, value: added, stride: stride, dilation: dilation)
      }
    }

    let accepted = AxisGeometry.acceptedOutputs(
      input: input, kernel: kernel, stride: stride, dilation: dilation, rule: rule)
    let output: Int
    if let requested {
      guard accepted.contains(requested) else {
        throw .outputSize(axis: axis, requested: requested, accepted: accepted, rule: reason)
      }
      output = requested
    } else {
      output =
        switch rule {
        case .same: accepted.upperBound
        case .cropped: accepted.lowerBound + (added ?? 0)
        }
    }
    guard output > 0 else { throw .noOutput(axis: axis, size: output, rule: reason) }
    return AxisGeometry(
      input: input, kernel: kernel, stride: stride, dilation: dilation, output: output,
      cropBefore: AxisGeometry.cropBefore(
        input: input, kernel: kernel, stride: stride, dilation: dilation, output: output, rule: rule))
  }
}

extension OutputGeometry {
  /// Whether the image is a line of one row that stays one row.
  var isLine: Bool { vertical.input == 1 && vertical.output == 1 && vertical.kernel == 1 && horizontal.output > 1 }

  /// The same numbers with the axes exchanged. For a line, memory is the same too.
  var transposed: OutputGeometry {
    OutputGeometry(
      input: input.transposed, output: output.transposed, outputShape: outputShape, vertical: horizontal,
      horizontal: vertical)
  }

  /// For one image of the batch.
  var alone: OutputGeometry {
    var (input, output) = (input, output)
    input.batch = 1
    output.batch = 1
    return OutputGeometry(
      input: input, output: output, outputShape: outputShape, vertical: vertical, horizontal: horizontal)
  }

  init(
    input: ImageBatch, output: ImageBatch, outputShape: Shape, vertical: AxisGeometry, horizontal: AxisGeometry
  ) {
    self.input = input
    self.output = output
    self.outputShape = outputShape
    self.vertical = vertical
    self.horizontal = horizontal
  }
}

extension ImageBatch {
  fileprivate var transposed: ImageBatch {
    ImageBatch(batch: batch, height: width, width: height, channels: channels)
  }
}
