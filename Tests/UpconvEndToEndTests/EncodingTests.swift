import Testing
import UpconvCompression
import UpconvFormats
import UpconvRepository
import UpconvService
import UpconvTensor
import UpconvTestSupport

/// Which form an answer takes.
@Suite struct EncodingTests {
  static let content = #"{"input":[[[[1],[2]]]],"filters":[[[[3]]]]}"#

  @Test(
    arguments: [
      (nil, "application/json"), ("*/*", "application/json"), ("application/*", "application/json"),
      ("application/x-npy", "application/x-npy"),
      ("application/x-npy;q=0.5, application/octet-stream", "application/octet-stream"),
      ("application/json;q=0, */*", "application/vnd.safetensors"),
      ("text/html, application/vnd.safetensors;q=0.1", "application/vnd.safetensors"),
    ] as [(String?, String)])
  func `Accept chooses, and the kind of the request breaks ties`(accept: String?, type: String) throws {
    let server = try TestServer()
    let response = try server.post(EncodingTests.content, fields: accept.map { [("Accept", $0)] } ?? [])
    #expect(response.status == 200)
    #expect(response["content-type"] == type)
    #expect(response["vary"] == "Accept, Accept-Encoding")
  }

  @Test func `What cannot be given is answered 406 with what can`() throws {
    let server = try TestServer()
    let response = try server.post(EncodingTests.content, fields: [("Accept", "text/html")])
    #expect(response.status == 406)
    let detail = try #require(response.json?["detail"] as? String)
    for kind in ["application/json", "application/vnd.safetensors", "application/x-npy", "application/octet-stream"] {
      #expect(detail.contains(kind))
    }
  }

  @Test func `Raw answers say their shape in a field`() throws {
    let server = try TestServer()
    let response = try server.post(EncodingTests.content, fields: [("Accept", "application/octet-stream")])
    #expect(response["upconv-shape"] == "1,1,2,1")
    #expect(response.content == [0, 0, 0x40, 0x40, 0, 0, 0xC0, 0x40])
  }

  @Test func `NumPy's form is read back`() throws {
    let server = try TestServer()
    let response = try server.post(EncodingTests.content, fields: [("Accept", "application/x-npy")])
    var reader = NpyReader()
    try response.content.withUnsafeBytes { try reader.read($0) }
    let tensor = try reader.finish()
    #expect(tensor.shape.dimensions == [1, 1, 2, 1])
    #expect(tensor.elements == [3, 6])
  }

  @Test func `JSON answers nest where the content or the query says so`() throws {
    let server = try TestServer()
    let nested = #"{"shape":[1,1,2,1],"data":[[[[3],[6]]]]}"# + "\n"
    #expect(
      try server.post(Array(EncodingTests.content.utf8), path: "/v1/conv2d_transpose?format=nested").text == nested)
    #expect(try server.post(#"{"format":"nested",\#(EncodingTests.content.dropFirst())"#).text == nested)
    #expect(try server.post(EncodingTests.content).text == #"{"shape":[1,1,2,1],"data":[3,6]}"# + "\n")
  }

  @Test func `The form type of curl is read as JSON, and so is no type at all`() throws {
    let server = try TestServer()
    for type in ["application/x-www-form-urlencoded", nil, "APPLICATION/JSON; charset=\"utf-8\""] {
      #expect(try server.post(Array(EncodingTests.content.utf8), type: type).status == 200)
    }
  }

  private func large(_ size: Int) -> String {
    let pixels = [String](repeating: "1.5", count: size * size).joined(separator: ",")
    return #"{"input":{"shape":[1,\#(size),\#(size),1],"data":[\#(pixels)]},"filters":[[[[2]]]]}"#
  }

  @Test(arguments: [
    ("application/json", 10), ("application/json", 200), ("application/x-npy", 20),
    ("application/x-npy", 200), ("application/vnd.safetensors", 200), ("application/octet-stream", 200),
  ])
  func `Answers are compressed for who prefers gzip`(type: String, size: Int) throws {
    let server = try TestServer { $0.minGzipBytes = 100 }
    let plain = try server.post(large(size), fields: [("Accept", type), ("Accept-Encoding", "gzip;q=0.5, identity")])
    #expect(plain["content-encoding"] == nil)
    let gzip = try server.post(large(size), fields: [("Accept", type), ("Accept-Encoding", "gzip, br")])
    #expect(gzip["content-encoding"] == "gzip")
    #expect(gzip["vary"] == "Accept, Accept-Encoding")
    #expect(gzip.content.count < plain.content.count)
    #expect(try inflate(gzip.content) == plain.content)
  }

  @Test func `Small answers are not compressed`() throws {
    let server = try TestServer()
    let response = try server.post(EncodingTests.content, fields: [("Accept-Encoding", "gzip")])
    #expect(response["content-encoding"] == nil)
  }

  @Test func `Frameworks may mark their safetensors`() throws {
    let server = try TestServer()
    let header =
      #"{"__metadata__":{"format":"pt"},"input":{"dtype":"F32","shape":[1,1,1,1],"data_offsets":[0,4]},"filters":{"dtype":"F32","shape":[1,1,1,1],"data_offsets":[4,8]}}"#
    let content =
      withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian, Array.init) + Array(header.utf8)
      + [0, 0, 0x40, 0x40, 0, 0, 0, 0x40]
    let response = try server.post(
      content, type: "application/vnd.safetensors", fields: [("Accept", "application/json")])
    #expect(response.text == TestRequest.tinyAnswer)
  }

  @Test func `The Accept of Java 8 and 11 takes what there is`() throws {
    let server = try TestServer()
    let accept = [("Accept", "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2")]
    #expect(try server.post(EncodingTests.content, fields: accept)["content-type"] == "application/json")
    let models = try ModelServer()
    let infer = ModelServer.request(shape: [1, 1, 1, 1], data: "[4]")
    #expect(try models.infer(infer, fields: accept).outputData == [8])
  }

  @Test func `The document has a tag for each form, and is sent only to those who do not have it`() throws {
    let server = try TestServer()
    func get(_ fields: (String, String)...) throws -> TestResponse {
      try server.exchange(TestRequest.get("/openapi.yaml", fields: fields))
    }
    let (plain, packed) = (try get(), try get(("Accept-Encoding", "gzip")))
    #expect(plain["content-encoding"] == nil)
    #expect(packed["content-encoding"] == "gzip")
    #expect(packed.content.count < plain.content.count / 2)
    for answer in [plain, packed] {
      #expect(answer["content-type"] == "application/yaml")
      #expect(answer["vary"] == "Accept-Encoding")
    }
    let tag = try #require(plain["etag"])
    let packedTag = try #require(packed["etag"])
    #expect(tag.hasPrefix("\""))
    #expect(tag != packedTag)
    #expect(try get(("If-None-Match", tag)).status == 304)
    #expect(try get(("If-None-Match", packedTag), ("Accept-Encoding", "gzip")).status == 304)
    #expect(try get(("If-None-Match", packedTag)).status == 200)
    #expect(try get(("If-Match", "\"other\"")).status == 412)
    #expect(try get(("If-Match", tag)).status == 200)
  }

  @Test func `Metrics and lists of models are compressed for those who like it`() throws {
    let models = try ModelServer()
    for number in 0..<20 { try models.folder.write("model\(number)", weight: 2) }
    let server = try TestServer(models: models.server.repository.configuration)
    for path in ["/metrics", "/v2/models/stats"] {
      let plain = try server.exchange(TestRequest.get(path))
      let packed = try server.exchange(TestRequest.get(path, fields: [("Accept-Encoding", "gzip")]))
      #expect(plain["content-encoding"] == nil, "\(path)")
      #expect(packed["content-encoding"] == "gzip", "\(path)")
      #expect(packed.content.count < plain.content.count / 2, "\(path)")
      #expect(plain.fields.contains { $0.name == "vary" && $0.value == "Accept-Encoding" }, "\(path)")
    }
  }
}
