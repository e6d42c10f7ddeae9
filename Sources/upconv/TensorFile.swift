import FoundationEssentials
import Glibc
import UpconvFormats
import UpconvMemory
import UpconvService
import UpconvTensor

/// A file that `upconv run` reads, or standard input for `-`. Its first bytes say what it is; names are free.
struct TensorFile {
  let path: String
  let content: Data

  /// How the file is called in errors.
  var name: String { path == "-" ? "standard input" : path }

  init(reading path: String) throws(CommandFailure) {
    self.path = path
    do {
      content =
        try path == "-"
        ? TensorFile.standardInput() : Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe)
    } catch { throw CommandFailure("cannot read \(path == "-" ? "standard input" : path)") }
  }

  /// Descriptors that are no regular files cannot be mapped: they are read to their end.
  private static func standardInput() throws -> Data {
    var bytes = Data()
    var window = [UInt8](repeating: 0, count: 1 << 20)
    while true {
      let count = read(STDIN_FILENO, &window, window.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw CommandFailure("cannot read standard input") }
      if count == 0 { return bytes }
      bytes.append(contentsOf: window[..<count])
    }
  }

  /// Returns the one tensor of a .npy file.
  func tensor(_ limits: ServiceConfiguration) throws(CommandFailure) -> Tensor {
    guard signature == .npy else {
      throw CommandFailure("\(name) is no .npy file: it begins with \(beginning)")
    }
    var formats = FormatLimits()
    formats.tensor = limits.tensor
    var reader = NpyReader(limits: formats)
    do {
      try content.withUnsafeBytes { try reader.read($0) }
      return try reader.finish()
    } catch { throw CommandFailure("\(name): \(error)") }
  }

  /// Returns the tensors and options of a request.
  func parts(_ limits: ServiceConfiguration) throws(CommandFailure) -> OperationParts {
    guard let kind else {
      throw CommandFailure("\(name) is no JSON, safetensors or .npz file: it begins with \(beginning)")
    }
    let decoder = kind.decoder(limits)
    do {
      try content.withUnsafeBytes { try decoder.read($0) }
      return try decoder.finish().parts(try limits.memory.lease(0))
    } catch let error as ServiceError {
      throw CommandFailure("\(name): \(Problem(error).detail)")
    } catch { throw CommandFailure("\(name): \(error)") }
  }

  private var signature: ContentSignature? { ContentSignature([UInt8](content.prefix(48))) }

  private var kind: ContentKind? {
    switch signature {
    case .zip: return .npz
    case .safetensors: return .safetensors
    default:
      let first = content.prefix(64).first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }
      return first == UInt8(ascii: "{") ? .json : nil
    }
  }

  private var beginning: String {
    content.isEmpty
      ? "nothing: it is empty"
      : content.prefix(4).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
  }
}
