import UpconvConvolution
import UpconvTensor

/// A convolution of images, its activation included.
struct ConvolutionStage: Stage {
  let layer: String
  let planned: PlannedLayer

  private var operation: TransposedConvolution { planned.layer.operation }

  func outputDimensions(of input: [Int]) throws(ModelInputError) -> [Int] {
    let axes = operation.layout.axes
    var output = input
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

  func run(_ input: consuming Tensor, output: Shape, _ settings: RunSettings) throws(ModelRunError) -> Tensor {
    let plan = try plan(for: input.shape)
    do throws(ConvolutionRunError) {
      return try plan.run(input, threads: settings.threads, isCancelled: settings.isCancelled)
    } catch {
      switch error {
      case .cancelled: throw .cancelled
      case .wrongInput(let planned, let given):
        throw .input(.layerInput(layer: layer, given: given, rule: "was planned for \(Shape.text(planned))"))
      }
    }
  }

  /// The plan for images of this shape, made where it is not remembered.
  func plan(for input: Shape) throws(ModelRunError) -> ConvolutionPlan {
    do throws(GeometryError) {
      return try planned.plan(inputShape: input, exact: false)
    } catch {
      throw .input(.layerInput(layer: layer, given: input.dimensions, rule: "\(error)"))
    }
  }
}
