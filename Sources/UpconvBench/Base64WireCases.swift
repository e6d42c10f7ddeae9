import UpconvJSON
import UpconvTensor

/// base64 both ways: 4 MiB of float32, as a JSON string carries them.
enum Base64WireCases {
  static func cases() throws -> [WireCase] {
    var generator = NormalGenerator()
    let bytes = try generator.tensor([1 << 20]).withBytes { Array($0) }
    let text = bytes.withUnsafeBytes { Base64.encode($0) }
    guard try text.withUnsafeBytes({ try Base64.decode($0, maxBytes: bytes.count) }) == bytes else {
      throw WireCase.WrongResult(codec: "base64")
    }
    return [
      WireCase(name: "base64_encode", byteCount: text.count) { _ = bytes.withUnsafeBytes { Base64.encode($0) } },
      WireCase(name: "base64_decode", byteCount: text.count) {
        _ = try text.withUnsafeBytes { try Base64.decode($0, maxBytes: bytes.count) }
      },
    ]
  }
}
