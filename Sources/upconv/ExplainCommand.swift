import ArgumentParser
import FoundationEssentials
import UpconvConvolution
import UpconvJSON
import UpconvKernels
import UpconvService
import UpconvTensor

/// `upconv explain`: how a layer would be computed, without computing it.
struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Say how a layer would be computed: algorithm, estimate, packed size, wasted multiplications.",
    discussion: """
      Shapes are all that is needed; options mean what they mean over HTTP.

      upconv explain --input-shape 1,64,64,256 --filters-shape 4,4,64,256 --strides 2
      """)

  @Option(help: "Batch, height, width, channels; or as --data-format has them.") var inputShape: String
  @Option(help: "Kernel height, kernel width, output channels / groups, input channels.") var filtersShape: String
  @OptionGroup(title: "Operation") var operation: OperationFlags
  @Option(help: "portable, avx2 or avx512. By default UPCONV_ISA, else the fastest.") var isa: String?
  @Option(help: "direct, phases, rows, pixels, winograd or strassen. By default the planner's pick.")
  var algorithm: String?
  @Flag(help: "As one JSON object.") var json = false

  func run() throws {
    let limits = TensorLimits(maxElements: 1 << 34)
    let input = try ExplainCommand.shape("--input-shape", inputShape, limits)
    // They are packed, so they take memory.
    let filters = try ExplainCommand.shape(
      "--filters-shape", filtersShape, TensorLimits(maxElements: 1 << 28))
    let plan: ConvolutionPlan
    do {
      var parts = OperationParts()
      operation.append(to: &parts)
      let options = try OperationOptions(parts.options)
      // Their values do not matter, as long as they are finite.
      let weights = Tensor.filled(shape: filters) { $0.update(repeating: 0) }
      plan = try ConvolutionLayer(options.operation, filters: weights, bias: nil)
        .plan(
          inputShape: input, limits: ConvolutionLimits(tensor: limits, maxMultiplyAdds: .max),
          algorithm: try KernelChoice.algorithm(algorithm), exact: options.isExact, tiles: try KernelChoice.tiles(isa))
    } catch let error as OperationError {
      throw ValidationError("\(error)")
    } catch let error as GeometryError {
      throw ValidationError("\(error)")
    }
    let report = PlanReport(plan, filters: filters)
    guard json else {
      OutputFile.standardOutput.write(report.text)
      return
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    print(String(decoding: try encoder.encode(report), as: UTF8.self))
  }

  private static func shape(_ flag: String, _ text: String, _ limits: TensorLimits) throws -> Shape {
    let trimmed = text.hasPrefix("[") && text.hasSuffix("]") ? text.dropFirst().dropLast() : text[...]
    let words = trimmed.split(separator: ",", omittingEmptySubsequences: false)
    let numbers = words.compactMap { Int($0.filter { $0 != " " }) }
    guard numbers.count == words.count else {
      throw ValidationError("\(flag) is \(text), but must be whole numbers with commas between.")
    }
    do { return try Shape(numbers, limits: limits) } catch { throw ValidationError("\(flag): \(error)") }
  }
}
