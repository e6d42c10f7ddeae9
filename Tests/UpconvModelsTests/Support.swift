import Foundation
import UpconvFormats
import UpconvModels
import UpconvTensor

/// A folder with the files of a model, gone when nobody holds it any more.
final class TemporaryFolder {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appendingPathComponent("upconv-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func write(_ text: String, to name: String) throws { try write(Array(text.utf8), to: name) }

  func write(_ bytes: [UInt8], to name: String) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: path + "/" + name))
  }

  func model(_ limits: ModelLimits = ModelLimits()) throws(ModelError) -> Model {
    try Model(directory: path, limits: limits)
  }
}

enum Safetensors {
  /// A file of these tensors; each is described as `type`, with as many bytes for an element as it is given.
  static func file(_ tensors: [(name: String, shape: [Int], bytes: [UInt8])], type: String = "F32") -> [UInt8] {
    var data: [UInt8] = []
    var entries: [String] = []
    for (name, shape, bytes) in tensors {
      entries.append(
        "\"\(name)\":{\"dtype\":\"\(type)\",\"shape\":\(shape),"
          + "\"data_offsets\":[\(data.count),\(data.count + bytes.count)]}")
      data += bytes
    }
    let header = Array("{\(entries.joined(separator: ","))}".utf8)
    return withUnsafeBytes(of: UInt64(header.count).littleEndian, Array.init) + header + data
  }

  static func file(_ tensors: [(name: String, tensor: Tensor)]) -> [UInt8] {
    file(tensors.map { ($0.name, $0.tensor.shape.dimensions, $0.tensor.withBytes(Array.init)) })
  }

  static func tensors(at path: String) throws -> TensorBundle {
    var reader = SafetensorsReader()
    try Data(contentsOf: URL(fileURLWithPath: path)).withUnsafeBytes { try reader.read($0) }
    return try reader.finish()
  }
}

enum Checkout {
  /// A folder of the repository.
  static func folder(_ name: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent(name).path
  }
}
