import Foundation
import Testing

/// A PNG as Pillow reads it: every check of the format is that library's.
struct DecodedPicture {
  let mode: String
  let width: Int
  let height: Int
  let texts: [String: String]
  /// Row by row; one byte a pixel in mode L, three in mode RGB.
  let bytes: [UInt8]

  private static let script = """
    import json, sys
    from PIL import Image
    image = Image.open(sys.argv[1])
    image.load()
    assert image.format == "PNG"
    print(json.dumps({"mode": image.mode, "size": image.size, "texts": image.text, "bytes": image.tobytes().hex()}))
    """

  private struct Answer: Decodable {
    let mode: String
    let size: [Int]
    let texts: [String: String]
    let bytes: String
  }

  init(_ png: [UInt8]) throws {
    let folder = FileManager.default.temporaryDirectory
    let file = folder.appendingPathComponent(UUID().uuidString + ".png")
    let result = folder.appendingPathComponent(UUID().uuidString + ".json")
    defer { for url in [file, result] { try? FileManager.default.removeItem(at: url) } }
    try Data(png).write(to: file)
    _ = FileManager.default.createFile(atPath: result.path, contents: nil)
    let process = Process()
    // Debian's own Python has Debian's python3-pil.
    process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
    process.arguments = ["-c", DecodedPicture.script, file.path]
    process.standardOutput = try FileHandle(forWritingTo: result)
    try process.run()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0)
    let answer = try JSONDecoder().decode(Answer.self, from: Data(contentsOf: result))
    (mode, width, height) = (answer.mode, answer.size[0], answer.size[1])
    texts = answer.texts
    let digits = Array(answer.bytes.utf8)
    bytes = stride(from: 0, to: digits.count, by: 2).compactMap {
      UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16)
    }
  }

  /// One or three bytes.
  func pixel(x: Int, y: Int) -> [UInt8] {
    let channels = mode == "L" ? 1 : 3
    let offset = (y * width + x) * channels
    return Array(bytes[offset..<offset + channels])
  }
}
