import Foundation
import Testing
import UpconvCompression

/// Content whose Content-Type is missing, or is curl's own, or is another kind's: the answer says what it looks like and
/// how to send it.
@Suite struct MistakenContentTests {
  private static let png: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13]
  private static let safetensors: [UInt8] = [61, 0, 0, 0, 0, 0, 0, 0] + Array(#"{"input":{"dtype":"F32"}}"#.utf8)
  private static let npy: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0, 118, 0] + Array("{'descr'".utf8)
  private static let form = "multipart/form-data; boundary=x"

  struct Case: Sendable, CustomTestStringConvertible {
    let content: [UInt8]
    let path: String
    var types: [String?] = [nil, "application/x-www-form-urlencoded", "application/json"]
    let words: [String]

    var testDescription: String { "\(path) \(words[0])" }
  }

  private static let operation = "/v1/conv2d_transpose"
  private static let infer = "/v2/models/scale/infer"
  private static let predict = "/v1/models/scale:predict"

  private static let cases: [Case] = [
    Case(
      content: StoredZip.archive("input.npy", npy), path: operation, words: [".npz", "Content-Type: application/x-npz"]),
    Case(content: StoredZip.archive("x.npy", npy), path: infer, words: [".npz", "Content-Type: application/x-npz"]),
    Case(
      content: StoredZip.archive("x.npy", npy), path: predict, words: [".npz", "send its arrays as application/json"]),
    Case(content: npy, path: infer, words: [".npy", "Content-Type: application/x-npy"]),
    Case(content: npy, path: operation, words: [".npy", "not read here", "application/x-npz"]),
    Case(
      content: npy, path: operation, types: ["application/x-npz", "application/vnd.safetensors"],
      words: [".npy", "not read here"]),
    Case(content: safetensors, path: operation, words: ["safetensors", "Content-Type: application/vnd.safetensors"]),
    Case(content: safetensors, path: infer, words: ["safetensors", "Content-Type: application/vnd.safetensors"]),
    Case(content: png, path: operation, words: ["PNG picture", "send its numbers as"]),
    Case(content: png, path: infer, words: ["PNG picture", "send its numbers as"]),
    Case(content: [0xFF, 0xD8, 0xFF, 0xE0, 0, 16], path: predict, words: ["JPEG picture"]),
    Case(content: Array("GIF89a".utf8), path: operation, words: ["GIF picture"]),
    Case(content: Array("RIFF1234WEBPVP8 ".utf8), path: operation, words: ["WebP picture"]),
    Case(content: Deflater.gzip(Array("{}".utf8)), path: infer, words: ["gzip", "Content-Encoding: gzip"]),
    Case(
      content: Array("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n".utf8), path: infer,
      types: [nil, "application/json", "application/x-npz", "application/x-npy", "application/vnd.safetensors"],
      words: ["Git LFS pointer", "git lfs pull"]),
    Case(content: Array("<!doctype html><title>Login</title>".utf8), path: operation, words: ["HTML"]),
    Case(
      content: Array("--x\r\nContent-Disposition: form-data\r\n".utf8), path: operation, types: [form],
      words: ["multipart/form-data", "--data-binary @FILE"]),
    Case(
      content: Array("--x\r\nContent-Disposition: form-data\r\n".utf8), path: infer, types: [form],
      words: ["multipart/form-data", "--data-binary @FILE"]),
    Case(
      content: Array("--x\r\nContent-Disposition: form-data\r\n".utf8), path: predict, types: [form],
      words: ["multipart/form-data", "--data-binary @FILE"]),
  ]

  @Test(arguments: MistakenContentTests.cases)
  func `It is named, with the header to send`(_ example: Case) throws {
    let models = try ModelServer()
    for type in example.types {
      let answer = try models.server.post(example.content, path: example.path, type: type)
      #expect(answer.status == 415, "\(type ?? "no type")")
      for word in example.words { #expect(answer.error.contains(word), "\(type ?? "no type"): \(answer.error)") }
      #expect(!answer.error.contains("JSON:"), "\(answer.error)")
      #expect(answer["accept"] != nil)
    }
  }

  @Test func `It is named also when it came compressed, and byte by byte`() throws {
    let models = try ModelServer()
    let packed = try models.server.post(
      Deflater.gzip(Self.png), path: Self.infer, type: nil, fields: [("Content-Encoding", "gzip")])
    #expect(packed.error.contains("PNG picture"), "\(packed.error)")
  }

  @Test func `What is wrong within a kind is told as before`() throws {
    let models = try ModelServer()
    let broken = try models.server.post(
      Array(Self.npy.prefix(8)) + [9], path: Self.infer, type: "application/x-npy")
    #expect(broken.status == 400)
    #expect(broken.error.contains("NumPy"), "\(broken.error)")
    let json = try models.server.post(Array(#"{"inputs":[}"#.utf8), path: Self.infer)
    #expect(json.status == 400)
    #expect(json.error.contains("JSON"), "\(json.error)")
  }
}
