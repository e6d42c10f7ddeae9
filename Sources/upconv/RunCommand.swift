import ArgumentParser
import FoundationEssentials
import UpconvConvolution
import UpconvHTTP
import UpconvService
import UpconvTensor

/// `upconv run`: the same operation on files, without a server.
struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Compute one transposed convolution from files to a file.",
    discussion: """
      Tensors come as .npy files, or all at once as a .npz, safetensors or JSON file with --request; a file's first \
      bytes say what it is. Options mean what they mean over HTTP, and override nothing: an option that the request \
      file has too is an error. An output file appears whole or not at all.

      upconv run --input x.npy --filters w.npy --strides 2 -o y.npy
      cat x.npy | upconv run --input - --filters w.npy --strides 2 -o - --output-format npy | less
      """)

  @Option(help: "A .npy file: [batch, height, width, channels]; - is standard input.", completion: .file())
  var input: String?

  @Option(
    help: "A .npy file: [kernel height, kernel width, output channels / groups, input channels].", completion: .file())
  var filters: String?

  @Option(help: "A .npy file: [output channels].", completion: .file()) var bias: String?

  @Option(help: "A JSON, safetensors or .npz file with tensors and options, as a request would have them.")
  var request: String?

  @OptionGroup(title: "Operation") var operation: OperationFlags
  @Option(help: "flat (default) or nested numbers, in JSON.") var format: String?
  @Option(help: "Threads. By default what the container allows, else all processors.") var threads: Int?

  @Option(name: .shortAndLong, help: "The file to write; - is standard output. Without it, JSON goes there.")
  var output: String?

  @Option(help: "npy, safetensors, json, bin or png. By default as the ending of --output says.")
  var outputFormat: String?

  func validate() throws {
    try LimitOptions.check("--threads", threads ?? 1, 1...1024)
    _ = try outputKind()
    let readers = [input, filters, bias, request].filter { $0 == "-" }
    guard readers.count <= 1 else {
      throw ValidationError("standard input (-) is read \(readers.count) times, but can be read once")
    }
  }

  func run() throws {
    var limits = ServiceConfiguration()
    limits.maxContentBytes = 1 << 36
    limits.maxInflatedBytes = 1 << 36
    limits.tensor = TensorLimits(maxElements: 1 << 34)
    limits.maxMultiplyAdds = .max
    var parts = try request.map { try TensorFile(reading: $0).parts(limits) } ?? OperationParts()
    for (name, path) in [("input", input), ("filters", filters), ("bias", bias)] {
      if let path { parts.tensors.append((name, try TensorFile(reading: path).tensor(limits))) }
    }
    operation.append(to: &parts)
    if let format { parts.appendOption("format", text: format) }
    let (result, request) = try compute(parts, limits)
    try write(result, request)
  }

  private func compute(_ parts: OperationParts, _ limits: ServiceConfiguration) throws -> (Tensor, OperationRequest) {
    do {
      let request = try OperationRequest(parts)
      let plan = try request.plan(
        LayerCache(
          limits: ConvolutionLimits(tensor: limits.tensor, maxMultiplyAdds: limits.maxMultiplyAdds), maxBytes: 0))
      let progress = ProgressLine("computing", total: plan.unitCount)
      defer { progress.end() }
      let output = try plan.run(
        request.input, threads: threads ?? ProcessorAllowance.current(), onUnit: { progress.advance() })
      return (output, request)
    } catch { throw CommandFailure("\(error)") }
  }

  // MARK: Output

  private static let kinds: KeyValuePairs<String, AnswerKind> = [
    "npy": .npy, "safetensors": .safetensors, "json": .json, "bin": .octetStream, "png": .png,
  ]

  private static func kind(_ name: String) -> AnswerKind? { kinds.first { $0.key == name.lowercased() }?.value }

  private func outputKind() throws -> AnswerKind {
    let names = RunCommand.kinds.map(\.key).joined(separator: ", ")
    if let outputFormat {
      guard let kind = RunCommand.kind(outputFormat) else {
        throw ValidationError("--output-format is \(outputFormat), but must be one of \(names)")
      }
      return kind
    }
    guard let output, output != "-" else { return .json }
    guard let kind = RunCommand.kind(URL(fileURLWithPath: output).pathExtension) else {
      throw ValidationError(
        "\(output) has no ending that names a format (\(names)); say which with --output-format")
    }
    return kind
  }

  private func write(_ result: Tensor, _ request: OperationRequest) throws {
    var content: any ContentSource
    do {
      content = try outputKind().content(
        of: result, isNested: request.isNested, channels: .init(request.operation.layout))
    } catch let error as ServiceError {
      throw CommandFailure(Problem(error).detail)
    }
    let path = output == "-" ? nil : output
    do throws(OutputFile.WriteError) {
      let file = try path.map { (path) throws(OutputFile.WriteError) in try OutputFile(replacing: path) }
      try write(&content, to: file ?? .standardOutput)
      try file?.commit()
    } catch {
      throw CommandFailure("cannot write \(path ?? "standard output"): \(error.reason)")
    }
  }

  private func write(_ content: inout any ContentSource, to file: OutputFile) throws(OutputFile.WriteError) {
    var failure: OutputFile.WriteError?
    var isEnded = false
    while !isEnded {
      content.withNextBytes { next in
        isEnded = next.isEmpty
        do throws(OutputFile.WriteError) { try file.write(next) } catch { (failure, isEnded) = (error, true) }
        return next.count
      }
    }
    if let failure { throw failure }
  }
}
