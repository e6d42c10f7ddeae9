import Foundation
import Testing
import UpconvCompression
import UpconvRepository
import UpconvTestSupport

/// The binary tensor data extension, in both directions and mixed with JSON.
@Suite struct InferenceBinaryTests {
  private static func request(
    shape: [Int] = [1, 1, 2, 1], size: Int = 8, datatype: String = "FP32", more: String = ""
  ) -> String {
    #"{"inputs":[{"name":"x","shape":\#(shape),"datatype":"\#(datatype)","parameters":{"binary_data_size":\#(size)}}]"#
      + more + "}"
  }

  private static let wantsBinary = #","parameters":{"binary_data_output":true}"#
  private static let wantsBinaryByName = #","outputs":[{"name":"y","parameters":{"binary_data":true}}]"#
  private static let wantsJSONByName =
    #","parameters":{"binary_data_output":true},"outputs":[{"name":"y","parameters":{"binary_data":false}}]"#

  @Test(arguments: [wantsBinary, wantsBinaryByName])
  func `Bytes in, bytes out`(more: String) throws {
    let server = try ModelServer()
    let answer = try server.infer(Self.request(more: more), ModelServer.bytes([1.5, -2]))
    #expect(answer["content-type"] == "application/octet-stream")
    let parts = try #require(answer.parts, "\(answer.text)")
    #expect(ModelServer.floats(parts.tensors) == [3, -4])
    let output = try #require((parts.json["outputs"] as? [[String: Any]])?.first)
    #expect(output["data"] == nil)
    #expect(output["shape"] as? [Int] == [1, 1, 2, 1])
    #expect(output["datatype"] as? String == "FP32")
    #expect((output["parameters"] as? [String: Int]) == ["binary_data_size": 8])
    #expect(parts.json["model_name"] as? String == "scale")
  }

  @Test(arguments: ["", wantsJSONByName])
  func `Bytes in, JSON out`(more: String) throws {
    let server = try ModelServer()
    let answer = try server.infer(Self.request(more: more), ModelServer.bytes([1.5, -2]))
    #expect(answer["content-type"] == "application/json")
    #expect(answer["inference-header-content-length"] == nil)
    #expect(answer.outputData == [3, -4])
  }

  @Test func `JSON in, bytes out`() throws {
    let server = try ModelServer()
    let answer = try server.infer(ModelServer.request(shape: [1, 1, 2, 1], data: "[1,2]", more: Self.wantsBinary))
    #expect(ModelServer.floats(try #require(answer.parts).tensors) == [2, 4])
  }

  @Test func `The length of the JSON may be given although all is JSON`() throws {
    let server = try ModelServer()
    let answer = try server.infer(ModelServer.request(shape: [1, 1, 2, 1], data: "[1,2]"), [])
    #expect(answer.outputData == [2, 4])
  }

  @Test(
    arguments: [
      ("BOOL", [1, 0], [2, 0]), ("UINT8", [255, 1], [510, 2]), ("INT8", [255, 1], [-2, 2]),
      ("UINT16", [1, 1, 2, 0], [514, 4]), ("INT16", [255, 255, 2, 0], [-2, 4]),
      ("UINT32", [1, 0, 0, 0, 0, 0, 1, 0], [2, 131_072]), ("INT32", [255, 255, 255, 255, 2, 0, 0, 0], [-2, 4]),
      ("UINT64", [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0], [2, 8_589_934_592]),
      ("INT64", [255, 255, 255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 0, 0, 0], [-2, 4]),
      ("FP16", [0, 0x3C, 0, 0xC0], [2, -4]), ("BF16", [0x80, 0x3F, 0, 0xC0], [2, -4]),
      ("FP64", [0, 0, 0, 0, 0, 0, 0xF0, 0x3F, 0, 0, 0, 0, 0, 0, 0, 0xC0], [2, -4]),
    ] as [(String, [UInt8], [Float])])
  func `Every datatype is read from its bytes`(datatype: String, bytes: [UInt8], expected: [Float]) throws {
    let server = try ModelServer()
    let answer = try server.infer(Self.request(size: bytes.count, datatype: datatype), bytes)
    #expect(answer.outputData == expected, "\(answer.text)")
  }

  @Test(arguments: ["application/octet-stream", "application/json", nil])
  func `With a header length of 0 the content is the one input, and the output comes as bytes`(type: String?) throws {
    let server = try ModelServer()
    let answer = try server.infer(
      ModelServer.bytes([1, 2, 3, 4]), model: "image", type: type, fields: [("Inference-Header-Content-Length", "0")])
    let parts = try #require(answer.parts, "\(answer.text)")
    #expect(ModelServer.floats(parts.tensors) == [3, 6, 9, 12])
    #expect(((parts.json["outputs"] as? [[String: Any]])?.first?["shape"]) as? [Int] == [1, 2, 2, 1])
  }

  @Test func `A raw request decides the one variable axis by its length`() throws {
    let server = try ModelServer()
    try server.folder.write("row", weight: 2, image: [2, nil, 1])
    let other = try TestServer(models: server.server.repository.configuration)
    let answer = try other.post(
      ModelServer.bytes([1, 2, 3, 4, 5, 6]), path: "/v2/models/row/infer", type: nil,
      fields: [("Inference-Header-Content-Length", "0")])
    let parts = try #require(answer.parts, "\(answer.text)")
    #expect(((parts.json["outputs"] as? [[String: Any]])?.first?["shape"]) as? [Int] == [1, 2, 3, 1])
    #expect(ModelServer.floats(parts.tensors) == [2, 4, 6, 8, 10, 12])
  }

  @Test(arguments: ["gzip", "deflate"])
  func `Compressed content counts its JSON decompressed`(coding: String) throws {
    let server = try ModelServer()
    let json = Self.request(more: Self.wantsBinary)
    let plain = Array(json.utf8) + ModelServer.bytes([1.5, -2])
    let answer = try server.infer(
      coding == "gzip" ? Deflater.gzip(plain) : ZlibDeflater.zlib(plain), type: nil,
      fields: [("Inference-Header-Content-Length", "\(json.utf8.count)"), ("Content-Encoding", coding)])
    #expect(ModelServer.floats(try #require(answer.parts, "\(answer.text)").tensors) == [3, -4])
  }

  /// Small answers are compressed whole, large ones while they are sent.
  @Test(arguments: ["gzip", "deflate"], [1200, 90_000])
  func `Answers are compressed for those who ask, and state the length of the JSON inside`(
    coding: String, count: Int
  ) throws {
    let server = try ModelServer()
    let input = (0..<count).map { Float($0 % 100) }
    let answer = try server.infer(
      Self.request(shape: [1, 1, count, 1], size: count * 4, more: Self.wantsBinary), ModelServer.bytes(input),
      fields: [("Accept-Encoding", coding)])
    #expect(answer["content-encoding"] == coding)
    let plain = try Self.inflated(answer.content, coding == "gzip" ? .gzip : .zlib)
    #expect(plain.count > answer.content.count)
    let length = try #require(answer["inference-header-content-length"].flatMap { Int($0) })
    let json = try JSONSerialization.jsonObject(with: Data(plain[..<length])) as? [String: Any]
    #expect(json?["model_name"] as? String == "scale")
    #expect(ModelServer.floats(plain[length...]) == input.map { 2 * $0 })
  }

  private static func inflated(_ bytes: [UInt8], _ format: Inflater.Format) throws -> [UInt8] {
    var inflater = Inflater(format: format, maxOutputBytes: 1 << 24)
    let window = UnsafeMutableRawBufferPointer.allocate(byteCount: Inflater.windowBytes, alignment: 64)
    defer { window.deallocate() }
    var plain: [UInt8] = []
    try bytes.withUnsafeBytes { bytes in
      var rest = bytes
      while true {
        let count = try inflater.inflate(from: &rest, into: window)
        if count == 0 { return }
        plain += window.prefix(count)
      }
    }
    try inflater.finish()
    return plain
  }

  @Test func `However a binary request is cut in two, the answer is the same`() throws {
    let server = try ModelServer()
    let json = Self.request(more: Self.wantsBinary + #","id":"7""#)
    let bytes = TestRequest.post(
      Array(json.utf8) + ModelServer.bytes([1.5, -2]), path: "/v2/models/scale/infer", type: nil,
      fields: [("Inference-Header-Content-Length", "\(json.utf8.count)")])
    let whole = try server.server.exchange(bytes)
    #expect(ModelServer.floats(try #require(whole.parts).tensors) == [3, -4])
    for cut in 1..<bytes.count {
      let client = try server.server.connect()
      try client.send(bytes[..<cut])
      // Long enough for the server to read the first part alone, on most machines most of the time.
      usleep(300)
      try client.send(bytes[cut...])
      let response = try client.readResponse()
      #expect(response.content == whole.content, "cut at \(cut): \(response.text)")
    }
  }
}
