import Foundation
import UpconvConvolution
import UpconvFormats
import UpconvTensor
import UpconvTestSupport

/// Reference cases that TensorFlow and PyTorch computed.
struct GoldenCase: CustomStringConvertible, Sendable {
  let name: String
  /// The options as JSON, by name.
  let options: [(name: String, json: String)]
  let input: Tensor
  let filters: Tensor
  let bias: Tensor?
  let output: Tensor

  var description: String { name }

  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Golden")

  static func all() throws -> [GoldenCase] {
    var reader = SafetensorsReader()
    let bytes = [UInt8](try Data(contentsOf: folder.appendingPathComponent("cases.safetensors")))
    try bytes.withUnsafeBytes { try reader.read($0) }
    let bundle = try reader.finish()
    let tensors = Dictionary(uniqueKeysWithValues: bundle.tensors.map { ($0.name, $0.tensor) })
    let list = try JSONSerialization.jsonObject(
      with: Data(contentsOf: folder.appendingPathComponent("cases.json")))
    return try (list as? [[String: Any]] ?? []).map { entry in
      guard let name = entry["name"] as? String, let params = entry["params"] as? [String: Any],
        let input = tensors["\(name)/input"], let filters = tensors["\(name)/filters"],
        let output = tensors["\(name)/output"]
      else { throw TestClient.Failure("a golden case is incomplete") }
      let options = try params.sorted { $0.key < $1.key }.map { key, value in
        let json = try JSONSerialization.data(withJSONObject: value, options: .fragmentsAllowed)
        return (key, String(decoding: json, as: UTF8.self))
      }
      return GoldenCase(
        name: name, options: options, input: input, filters: filters, bias: tensors["\(name)/bias"], output: output)
    }
  }

  var tensors: [(name: String, tensor: Tensor)] {
    [("input", input), ("filters", filters)] + (bias.map { [("bias", $0)] } ?? [])
  }

  /// The request as JSON.
  func json(nested: Bool) -> String {
    let members =
      tensors.map { name, tensor in
        nested
          ? "\"\(name)\":\(GoldenCase.nest(tensor.elements[...], tensor.shape.dimensions[...]))"
          : "\"\(name)\":{\"data\":\(GoldenCase.list(tensor.elements[...])),\"shape\":\(tensor.shape)}"
      } + options.map { "\"\($0.name)\": \($0.json)" }
    return "{" + members.joined(separator: ", ") + "}"
  }

  private static func list(_ elements: ArraySlice<Float>) -> String {
    "[" + elements.map(\.description).joined(separator: ",") + "]"
  }

  private static func nest(_ elements: ArraySlice<Float>, _ dimensions: ArraySlice<Int>) -> String {
    guard dimensions.count > 1, let first = dimensions.first else { return list(elements) }
    let size = elements.count / first
    let parts = (0..<first).map { index in
      nest(elements.dropFirst(index * size).prefix(size), dimensions.dropFirst())
    }
    return "[" + parts.joined(separator: ",") + "]"
  }

  /// The request as safetensors, options in `__metadata__`; written here, not by the product.
  func safetensors() throws -> [UInt8] {
    var header: [String: Any] = [:]
    var data: [UInt8] = []
    for (name, tensor) in tensors {
      let bytes = tensor.withBytes(Array.init)
      header[name] = [
        "dtype": "F32", "shape": tensor.shape.dimensions, "data_offsets": [data.count, data.count + bytes.count],
      ]
      data += bytes
    }
    // Plain strings need no quotes of JSON.
    let metadata = options.map { ($0.name, $0.json.hasPrefix("\"") ? String($0.json.dropFirst().dropLast()) : $0.json) }
    header["__metadata__"] = Dictionary(uniqueKeysWithValues: metadata)
    let json = [UInt8](try JSONSerialization.data(withJSONObject: header))
    return withUnsafeBytes(of: UInt64(json.count).littleEndian, Array.init) + json + data
  }

  /// Σ|x·w| + |bias| of each output element: what its error may scale with.
  func magnitudes() -> [Double] {
    var operation = TransposedConvolution()
    var isSame = true
    var edges = (top: 0, left: 0)
    for (name, json) in options {
      let value = try? JSONSerialization.jsonObject(with: Data(json.utf8), options: .fragmentsAllowed)
      switch (name, value) {
      case ("data_format", let text as String): operation.layout = Layout(rawValue: text) ?? .nhwc
      case ("groups", let groups as Int): operation.groups = groups
      case ("padding", let text as String): isSame = text == "SAME"
      case ("padding", let pairs as [[Int]]):
        isSame = false
        edges = (pairs[0][0], pairs[1][0])
      default: break
      }
    }
    for (name, json) in options where name == "strides" || name == "dilations" {
      guard let list = try? JSONSerialization.jsonObject(with: Data(json.utf8)) as? [Int] else { continue }
      let images = operation.layout.images(list)
      let spatial = Spatial(height: images?.height ?? list[0], width: images?.width ?? list[1])
      if name == "strides" { operation.strides = spatial } else { operation.dilations = spatial }
    }
    let size = operation.layout.images(output.shape.dimensions)!
    let given = operation.layout.images(input.shape.dimensions)!
    func crop(_ input: Int, _ kernel: Int, _ stride: Int, _ dilation: Int, _ output: Int, _ edge: Int) -> Int {
      isSame ? max(0, (input - 1) * stride + (kernel - 1) * dilation + 1 - output) / 2 : edge
    }
    return GatherReference(
      operation: operation, input: input, filters: filters, bias: bias,
      outputSize: Spatial(height: size.height, width: size.width),
      cropBefore: Spatial(
        height: crop(
          given.height, filters.shape[0], operation.strides.height, operation.dilations.height, size.height, edges.top),
        width: crop(
          given.width, filters.shape[1], operation.strides.width, operation.dilations.width, size.width, edges.left))
    ).magnitudes
  }
}
