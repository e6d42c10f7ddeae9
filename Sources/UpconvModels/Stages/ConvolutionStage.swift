import UpconvConvolution
import UpconvTensor

/// A convolution of images, or a Dense layer, with the activation after it.
struct ConvolutionStage: Stage {
  let layer: String
  var work: String { "convolution" }
  let planned: PlannedLayer
  let isDense: Bool

  private var operation: TransposedConvolution { planned.layer.operation }

  func outputDimensions(of input: [Int]) throws(ModelInputError) -> [Int] {
    var output = input
    guard !isDense else {
      output[input.count - 1] = planned.layer.outputChannels
      return output
    }
    let axes = operation.layout.axes
    for (axis, index) in [(GeometryError.Axis.height, axes.height), (.width, axes.width)] {
      let length = operation.outputLength(input[index], axis: axis, kernel: planned.layer.kernel)
      guard length > 0 else { throw .noOutput(layer: layer, axis: axis.rawValue, size: length) }
      output[index] = length
    }
    output[axes.channels] = planned.layer.outputChannels
    return output
  }

  func multiplyAdds(for input: [Int]) -> Int {
    let kernel = planned.layer.kernel
    return product(input + [kernel.height, kernel.width], planned.layer.outputChannels / operation.groups)
  }

  var byteCount: Int { planned.byteCount }

  func run(_ tensor: inout Tensor, output: Shape, _ settings: RunSettings) throws(ModelRunError) {
    if isDense { tensor = tensor.viewed(as: imageDimensions(tensor.shape.dimensions)) }
    let plan = try plan(for: tensor.shape)
    do throws(ConvolutionRunError) {
      tensor = try plan.run(tensor, threads: settings.threads, cancellation: settings.cancellation)
    } catch {
      switch error {
      case .cancelled: throw .cancelled
      case .wrongInput(let planned, let given):
        throw .input(.layerInput(layer: layer, given: given, rule: "was planned for \(Shape.text(planned))"))
      }
    }
    if isDense, let view = tensor.reshaped(to: output) { tensor = view }
  }

  /// What the convolution takes for an input: for a Dense layer a column of pixels.
  func imageDimensions(_ input: [Int]) -> [Int] {
    isDense ? [input[0], product(Array(input.dropFirst().dropLast())), 1, input[input.count - 1]] : input
  }

  /// The plan for an input of the layer.
  func plan(forInput input: Shape) throws(ModelRunError) -> ConvolutionPlan {
    let image: Shape
    do throws(ShapeError) {
      image = try Shape(imageDimensions(input.dimensions), limits: TensorLimits(maxElements: .max))
    } catch { throw .input(.tooLarge(layer: layer, error)) }
    return try plan(for: image)
  }

  /// The plan for images of this shape, made where it is not remembered.
  func plan(for image: Shape) throws(ModelRunError) -> ConvolutionPlan {
    do throws(GeometryError) {
      return try planned.plan(inputShape: image, exact: false)
    } catch {
      throw .input(.layerInput(layer: layer, given: image.dimensions, rule: "\(error)"))
    }
  }
}
