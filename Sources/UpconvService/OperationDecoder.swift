import UpconvCompression
package import UpconvFormats
import UpconvJSON

/// Reads one container's bytes as they come, and ends with what the request consists of.
package protocol OperationDecoder: AnyObject {
  /// Takes all of `bytes`.
  func read(_ bytes: UnsafeRawBufferPointer) throws(ServiceError)
  /// Takes bytes from the front of `bytes`, at least one, and no more than about a millisecond's work; how many.
  func readPart(of bytes: UnsafeRawBufferPointer) throws(ServiceError) -> Int
  /// Lends the memory where the next bytes belong: see `ContentReceiver.fill`.
  func fill(atMost byteCount: Int, by write: (UnsafeMutableRawBufferPointer) -> Int) -> Int?
  /// The content is complete.
  func finish() throws(ServiceError) -> DecodedContent
}

extension OperationDecoder {
  package func readPart(of bytes: UnsafeRawBufferPointer) throws(ServiceError) -> Int {
    let part = UnsafeRawBufferPointer(rebasing: bytes.prefix(16 << 10))
    try read(part)
    return part.count
  }

  package func fill(atMost byteCount: Int, by write: (UnsafeMutableRawBufferPointer) -> Int) -> Int? { nil }
}

/// A content that has come whole.
package enum DecodedContent: Sendable {
  /// Read while it came.
  case parts(OperationParts)
  /// An NPZ, which can only be read from its end: still to be decompressed.
  case archive([UInt8], FormatLimits)

  /// O(1), but O(decompressed bytes) for an archive.
  package func parts() throws(ServiceError) -> OperationParts {
    switch self {
    case .parts(let parts): return parts
    case .archive(let bytes, let limits):
      var parts = OperationParts()
      do { parts.tensors = try NpzReader.bundle(of: bytes, limits: limits).tensors } catch { throw .npz(error) }
      return parts
    }
  }
}

/// `application/json`: an object whose members are tensors and options.
package final class JSONOperationDecoder: OperationDecoder {
  private var reader: JSONReader
  private let configuration: ServiceConfiguration

  package init(_ configuration: ServiceConfiguration) {
    self.configuration = configuration
    reader = JSONReader(limits: configuration.json, isNumberArray: JSONTensorField.isNumberArray)
  }

  package func read(_ bytes: UnsafeRawBufferPointer) throws(ServiceError) {
    do { try reader.read(bytes) } catch { throw .json(error) }
  }

  package func finish() throws(ServiceError) -> DecodedContent {
    let document: JSONValue
    do { document = try reader.finish() } catch { throw .json(error) }
    guard case .object(let members) = document else { throw .notAnObject }
    var parts = OperationParts()
    for member in members {
      guard OperationParts.tensorNames.contains(member.name) else {
        parts.options.append((member.name, member.value))
        continue
      }
      if case .null = member.value { continue }
      do {
        let tensor = try JSONTensorField.tensor(member.name, member.value, limits: configuration.tensor)
        parts.tensors.append((member.name, tensor))
      } catch { throw .operation(error) }
    }
    return .parts(parts)
  }
}

/// `application/vnd.safetensors`: the tensors by name, the options as strings in `__metadata__`.
package final class SafetensorsOperationDecoder: OperationDecoder {
  private var reader: SafetensorsReader
  private let configuration: ServiceConfiguration

  package init(_ configuration: ServiceConfiguration) {
    self.configuration = configuration
    reader = SafetensorsReader(limits: configuration.formats)
  }

  package func read(_ bytes: UnsafeRawBufferPointer) throws(ServiceError) {
    do { try reader.read(bytes) } catch { throw .safetensors(error) }
  }

  package func fill(atMost byteCount: Int, by write: (UnsafeMutableRawBufferPointer) -> Int) -> Int? {
    reader.fill(atMost: byteCount, by: write)
  }

  package func finish() throws(ServiceError) -> DecodedContent {
    let bundle: TensorBundle
    do { bundle = try reader.finish() } catch { throw .safetensors(error) }
    var parts = OperationParts()
    parts.tensors = bundle.tensors
    for (name, text) in bundle.metadata where !isFrameworkMark(name, text) {
      parts.appendOption(name, text: text, limits: configuration.json)
    }
    return .parts(parts)
  }

  /// Frameworks mark their files with `format`: that is not our option of the same name.
  private func isFrameworkMark(_ name: String, _ text: String) -> Bool {
    name == "format" && ["pt", "np", "tf", "flax", "mlx", "jax", "paddle"].contains(text)
  }
}

/// `application/x-npz`: the tensors by name; options come in the query. The bytes are only collected here.
package final class NpzOperationDecoder: OperationDecoder {
  private var reader: NpzReader
  private let limits: FormatLimits

  package init(_ configuration: ServiceConfiguration) {
    limits = configuration.formats
    reader = NpzReader(limits: limits)
  }

  package func read(_ bytes: UnsafeRawBufferPointer) throws(ServiceError) {
    do { try reader.read(bytes) } catch { throw .npz(error) }
  }

  package func finish() throws(ServiceError) -> DecodedContent { .archive(reader.takeBody(), limits) }
}

/// `Content-Encoding: gzip`: undoes it on the way into another decoder, a window at a time.
final class GzipOperationDecoder: OperationDecoder {
  private let decoder: any OperationDecoder
  private var inflater: Inflater
  private let window = UnsafeMutableRawBufferPointer.allocate(byteCount: Inflater.windowBytes, alignment: 64)

  init(_ decoder: any OperationDecoder, maxInflatedBytes: Int) {
    self.decoder = decoder
    inflater = Inflater(format: .gzip, maxOutputBytes: maxInflatedBytes)
  }

  deinit { window.deallocate() }

  func read(_ bytes: UnsafeRawBufferPointer) throws(ServiceError) {
    var rest = bytes
    while true {
      let count = try inflate(&rest)
      if count == 0 { return }
      try decoder.read(UnsafeRawBufferPointer(rebasing: window.prefix(count)))
    }
  }

  /// By what comes out, not by what goes in.
  func readPart(of bytes: UnsafeRawBufferPointer) throws(ServiceError) -> Int {
    let offered = UnsafeRawBufferPointer(rebasing: bytes.prefix(GzipOperationDecoder.maxPartBytes))
    var rest = offered
    var made = 0
    // Where all input is taken, what the inflater still holds of it, a window at most, may be the end of the content.
    while made < GzipOperationDecoder.maxPartBytes || rest.isEmpty {
      let count = try inflate(&rest)
      if count == 0 { break }
      try decoder.read(UnsafeRawBufferPointer(rebasing: window.prefix(count)))
      made += count
    }
    guard rest.count == offered.count, !offered.isEmpty else { return offered.count - rest.count }
    // All that was made came from before: one byte at least is taken, so that the caller gets on.
    try read(UnsafeRawBufferPointer(rebasing: offered.prefix(1)))
    return 1
  }

  /// Inflated, they are read in half a millisecond; 256 KiB of JSON numbers are.
  private static let maxPartBytes = 256 << 10

  func finish() throws(ServiceError) -> DecodedContent {
    do { try inflater.finish() } catch { throw .gzip(error) }
    return try decoder.finish()
  }

  private func inflate(_ rest: inout UnsafeRawBufferPointer) throws(ServiceError) -> Int {
    do { return try inflater.inflate(from: &rest, into: window) } catch { throw .gzip(error) }
  }
}
