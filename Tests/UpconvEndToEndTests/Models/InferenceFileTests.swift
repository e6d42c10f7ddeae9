import Foundation
import Testing
import UpconvCompression
import UpconvFormats
import UpconvTensor
import UpconvTestSupport

/// Files of NumPy's and safetensors' for people with curl.
@Suite struct InferenceFileTests {
  private static let shape = Shape(known: [1, 1, 2, 1])
  private static let npy = NpyHeader.bytes(shape: shape) + ModelServer.bytes([1, 2])

  private static func safetensors(_ name: String) throws -> [UInt8] {
    try SafetensorsHeader.bytes(name: name, shape: shape) + ModelServer.bytes([1, 2])
  }

  /// A ZIP archive of stored entries, as `numpy.savez` makes it.
  private static func npz(_ entries: [(name: String, content: [UInt8])]) throws -> [UInt8] {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    for (name, content) in entries {
      try Data(content).write(to: folder.appendingPathComponent(name + ".npy"))
    }
    let script =
      "import numpy,sys,glob,os; numpy.savez_compressed(sys.argv[1]+'/out.npz', "
      + "**{os.path.basename(f)[:-4]: numpy.load(f) for f in glob.glob(sys.argv[1]+'/*.npy')})"
    let result = try Program.run(Program.find("python3"), ["-c", script, folder.path])
    guard result.status == 0 else { throw TestClient.Failure(result.errors) }
    return [UInt8](try Data(contentsOf: folder.appendingPathComponent("out.npz")))
  }

  private func npyTensor(_ bytes: [UInt8]) throws -> Tensor {
    var reader = NpyReader()
    try bytes.withUnsafeBytes { try reader.read($0) }
    return try reader.finish()
  }

  @Test(arguments: [nil, "gzip", "deflate"])
  func `A NumPy array in, a NumPy array out`(coding: String?) throws {
    let server = try ModelServer()
    let content = coding == nil ? Self.npy : coding == "gzip" ? Deflater.gzip(Self.npy) : ZlibDeflater.zlib(Self.npy)
    let answer = try server.infer(
      content, type: "application/x-npy", fields: coding.map { [("Content-Encoding", $0)] } ?? [])
    #expect(answer["content-type"] == "application/x-npy")
    #expect(answer["upconv-shape"] == "1,1,2,1")
    #expect(try npyTensor(answer.content).elements == [2, 4])
  }

  @Test(arguments: ["x", "whatever"])
  func `An NPZ of one array in, whatever it is called`(name: String) throws {
    let server = try ModelServer()
    let answer = try server.infer(try Self.npz([(name, Self.npy)]), type: "application/x-npz")
    #expect(try npyTensor(answer.content).elements == [2, 4], "\(answer.text)")
  }

  @Test func `Of an NPZ of several arrays the one of the input's name is taken, and without it none`() throws {
    let server = try ModelServer()
    let answer = try server.infer(try Self.npz([("a", Self.npy), ("x", Self.npy)]), type: "application/x-npz")
    #expect(try npyTensor(answer.content).elements == [2, 4])
    let refused = try server.infer(try Self.npz([("a", Self.npy), ("b", Self.npy)]), type: "application/x-npz")
    #expect(refused.status == 400)
    #expect(refused.error.contains("no tensor x, only"))
  }

  @Test func `A large NPZ is opened away from the event loop`() throws {
    let server = try ModelServer()
    let elements = (0..<6000).map { Float(($0 * 7919) % 6007) }
    let array = NpyHeader.bytes(shape: Shape(known: [1, 60, 100, 1])) + ModelServer.bytes(elements)
    let answer = try server.infer(try Self.npz([("x", array)]), type: "application/x-npz")
    #expect(try npyTensor(answer.content).elements == elements.map { 2 * $0 })
  }

  @Test(arguments: ["x", "whatever"])
  func `safetensors in, safetensors out under the output's name`(name: String) throws {
    let server = try ModelServer()
    let answer = try server.infer(try Self.safetensors(name), type: "application/vnd.safetensors")
    #expect(answer["content-type"] == "application/vnd.safetensors")
    var reader = SafetensorsReader()
    try answer.content.withUnsafeBytes { try reader.read($0) }
    #expect(try reader.finish()["y"]?.elements == [2, 4])
  }

  @Test(
    arguments: [
      ("application/json", "application/json"), ("application/octet-stream", "application/octet-stream"),
      ("application/vnd.safetensors", "application/vnd.safetensors"), ("*/*", "application/x-npy"),
      ("text/html, application/json;q=0.1", "application/json"),
    ])
  func `Accept chooses the answer's kind, whatever came`(accept: String, type: String) throws {
    let server = try ModelServer()
    let answer = try server.infer(Self.npy, type: "application/x-npy", fields: [("Accept", accept)])
    #expect(answer["content-type"] == type)
    if type == "application/json" { #expect(answer.outputData == [2, 4]) }
    if type == "application/octet-stream" { #expect(ModelServer.floats(answer.content) == [2, 4]) }
  }

  @Test func `JSON in, a NumPy array out`() throws {
    let server = try ModelServer()
    let answer = try server.infer(
      ModelServer.request(shape: [1, 1, 2, 1], data: "[1,2]"), fields: [("Accept", "application/x-npy")])
    #expect(try npyTensor(answer.content).elements == [2, 4])
  }

  @Test(
    arguments: [
      ("application/x-npy", 0, "no content"), ("application/x-npy", 20, "NumPy"), ("application/x-npz", 20, "NPZ"),
      ("application/vnd.safetensors", 20, "safetensors"),
    ])
  func `A file that is cut short is refused`(type: String, count: Int, words: String) throws {
    let server = try ModelServer()
    let whole =
      type.hasSuffix("npy")
      ? Self.npy : type.hasSuffix("npz") ? try Self.npz([("x", Self.npy)]) : try Self.safetensors("x")
    let answer = try server.infer(Array(whole.prefix(count)), type: type)
    #expect(answer.status == 400)
    #expect(answer.error.contains(words), "\(answer.error)")
  }
}
