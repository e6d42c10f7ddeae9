import ArgumentParser
import FoundationEssentials
import UpconvConvolution
import UpconvFormats
import UpconvHTTP
import UpconvJSON
import UpconvMemory
import UpconvService
import UpconvTensor

/// `upconv run`: the same operation on files, without a server.
struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Compute one transposed convolution from files to a file.",
    discussion: """
      Tensors come as .npy files, or all at once as a .npz, .safetensors or .json file with --request. Options mean \
      what they mean over HTTP, and override nothing: an option that the request file has too is an error.

      upconv run --input x.npy --filters w.npy --strides 2 -o y.npy
      """)

  @Option(help: "A .npy file: [batch, height, width, channels].", completion: .file(extensions: ["npy"]))
  var input: String?

  @Option(
    help: "A .npy file: [kernel height, kernel width, output channels / groups, input channels].",
    completion: .file(extensions: ["npy"]))
  var filters: String?

  @Option(help: "A .npy file: [output channels].", completion: .file(extensions: ["npy"]))
  var bias: String?

  @Option(help: "A .json, .safetensors or .npz file with tensors and options, as a request would have them.")
  var request: String?

  @OptionGroup(title: "Operation") var operation: OperationFlags
  @Option(help: "flat (default) or nested numbers, in JSON.") var format: String?
  @Option(help: "Threads. By default what the container allows, else all processors.") var threads: Int?

  @Option(name: .shortAndLong, help: "A .npy, .safetensors, .json or .bin file. Without it, JSON goes to the terminal.")
  var output: String?

  func validate() throws {
    try LimitOptions.check("--threads", threads ?? 1, 1...1024)
    if let output { _ = try RunCommand.answerKind(output) }
  }

  func run() throws {
    do {
      try compute()
    } catch let error as FileError {
      OutputFile.standardError.write("upconv: \(error)\n")
      throw ExitCode.failure
    }
  }

  private func compute() throws {
    var limits = ServiceConfiguration()
    limits.maxContentBytes = 1 << 36
    limits.maxInflatedBytes = 1 << 36
    limits.tensor = TensorLimits(maxElements: 1 << 34)
    limits.maxMultiplyAdds = .max
    var parts = try request.map { try RunCommand.parts(at: $0, limits) } ?? OperationParts()
    for (name, path) in [("input", input), ("filters", filters), ("bias", bias)] {
      if let path { parts.tensors.append((name, try RunCommand.tensor(at: path, limits))) }
    }
    operation.append(to: &parts)
    if let format { parts.appendOption("format", text: format) }
    let result: Tensor
    let isNested: Bool
    let layout: Layout
    do {
      let request = try OperationRequest(parts)
      (isNested, layout) = (request.isNested, request.operation.layout)
      let plan = try request.plan(
        LayerCache(
          limits: ConvolutionLimits(tensor: limits.tensor, maxMultiplyAdds: limits.maxMultiplyAdds), maxBytes: 0))
      result = try plan.run(request.input, threads: threads ?? ProcessorAllowance.current())
    } catch { throw FileError(sentence: "\(error)") }
    try write(result, layout, isNested: isNested)
  }

  // MARK: Files

  /// What went wrong with a file or its content.
  private struct FileError: Error, CustomStringConvertible {
    let sentence: String
    var description: String { sentence }
  }

  private static func bytes(at path: String) throws -> Data {
    do {
      return try Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe)
    } catch { throw FileError(sentence: "cannot read \(path)") }
  }

  private static func tensor(at path: String, _ limits: ServiceConfiguration) throws -> Tensor {
    guard path.hasSuffix(".npy") else { throw FileError(sentence: "\(path) is not a .npy file") }
    var formats = FormatLimits()
    formats.tensor = limits.tensor
    var reader = NpyReader(limits: formats)
    do {
      try RunCommand.bytes(at: path).withUnsafeBytes { try reader.read($0) }
      return try reader.finish()
    } catch let error as NpyError { throw FileError(sentence: "\(path): \(error)") }
  }

  private static func parts(at path: String, _ limits: ServiceConfiguration) throws -> OperationParts {
    let kinds: [String: ContentKind] = ["json": .json, "safetensors": .safetensors, "npz": .npz]
    guard let kind = kinds[URL(fileURLWithPath: path).pathExtension] else {
      throw FileError(sentence: "\(path) is not a .json, .safetensors or .npz file")
    }
    let decoder = kind.decoder(limits)
    do {
      try RunCommand.bytes(at: path).withUnsafeBytes { try decoder.read($0) }
      return try decoder.finish().parts(try limits.memory.lease(0))
    } catch let error as ServiceError { throw FileError(sentence: "\(path): \(Problem(error).detail)") }
  }

  private static func answerKind(_ path: String) throws -> AnswerKind {
    let kinds: [String: AnswerKind] = [
      "npy": .npy, "safetensors": .safetensors, "json": .json, "bin": .octetStream, "png": .png,
    ]
    guard let kind = kinds[URL(fileURLWithPath: path).pathExtension] else {
      throw ValidationError(
        "\(path) has no ending that names a form of output: .npy, .safetensors, .json, .bin or .png.")
    }
    return kind
  }

  private func write(_ result: Tensor, _ layout: Layout, isNested: Bool) throws {
    let kind = try output.map(RunCommand.answerKind) ?? .json
    var content: any ContentSource
    do { content = try kind.content(of: result, isNested: isNested, channels: .init(layout)) } catch {
      throw FileError(sentence: Problem(error).detail)
    }
    do throws(OutputFile.WriteError) {
      let file = try output.map { (path) throws(OutputFile.WriteError) in try OutputFile(creating: path) }
      try write(&content, to: file ?? .standardOutput)
    } catch {
      throw FileError(sentence: "cannot write \(output ?? "the output"): \(error.reason)")
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
