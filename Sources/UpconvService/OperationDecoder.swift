package import UpconvFormats
import UpconvJSON
package import UpconvMemory

/// Reads one container's bytes as they come, and ends with what the request consists of.
package protocol OperationDecoder: ContentDecoder {
  /// The content is complete.
  func finish() throws(ServiceError) -> DecodedContent
}

/// A content that has come whole.
package enum DecodedContent: Sendable {
  /// Read while it came.
  case parts(OperationParts)
  /// An NPZ, which can only be read from its end: still to be decompressed.
  case archive(CollectedArchive, FormatLimits)

  /// O(1), but O(decompressed bytes) for an archive, whose tensors are leased before.
  package func parts(_ lease: MemoryLease) throws(ServiceError) -> OperationParts {
    switch self {
    case .parts(let parts): return parts
    case .archive(let archive, let limits):
      var parts = OperationParts()
      parts.tensors = try TensorBundle(ofArchive: archive, limits, lease).tensors
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

  package var heldBytes: Int { reader.heldBytes }

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
  package static let signature: ContentSignature? = .safetensors

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

  package var heldBytes: Int { reader.heldBytes }

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
  package static let signature: ContentSignature? = .zip

  private var reader: NpzReader
  private let limits: FormatLimits

  package init(_ configuration: ServiceConfiguration) {
    limits = configuration.formats
    reader = NpzReader(limits: limits)
  }

  package func read(_ bytes: UnsafeRawBufferPointer) throws(ServiceError) {
    do { try reader.read(bytes) } catch { throw .npz(error) }
  }

  package var heldBytes: Int { reader.heldBytes }

  package func finish() throws(ServiceError) -> DecodedContent { .archive(CollectedArchive(reader.takeBody()), limits) }
}

extension ContentKind {
  /// Returns a decoder for one request of the operation.
  package func decoder(_ configuration: ServiceConfiguration) -> any OperationDecoder {
    switch self {
    case .json: JSONOperationDecoder(configuration)
    case .safetensors: SafetensorsOperationDecoder(configuration)
    case .npz: NpzOperationDecoder(configuration)
    }
  }
}
