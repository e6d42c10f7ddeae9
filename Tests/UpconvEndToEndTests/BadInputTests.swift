import Foundation
import Testing
import UpconvCompression

/// What cannot be computed is refused in a sentence that names the field, its value and the rule; then the next
/// request is served.
@Suite struct BadInputTests {
  /// A content, and words that the sentence must have.
  static let refusedJSON: [(json: String, words: [String])] = [
    ("", ["no content"]),
    ("{", ["JSON", "end"]),
    ("[]", ["object"]),
    ("nonsense", ["JSON"]),
    (#"{"input":[[[[1]]]],"filters":[[[[1]]]]} x"#, ["JSON"]),
    (#"{"input":[[[[1]]]]}"#, ["filters", "missing"]),
    (#"{"filters":[[[[1]]]]}"#, ["input", "missing"]),
    (#"{"input":[[[[1]]]],"input":[[[[1]]]],"filters":[[[[1]]]]}"#, ["input", "two members"]),
    (#"{"input":[[[[NaN]]]],"filters":[[[[1]]]]}"#, ["NaN", "input"]),
    (#"{"input":[[[[Infinity]]]],"filters":[[[[1]]]]}"#, ["Infinity", "input"]),
    (#"{"input":[[[[1e39]]]],"filters":[[[[1]]]]}"#, ["1e39", "float32"]),
    (#"{"input":[[[[1],[2]],[[3]]]],"filters":[[[[1]]]]}"#, ["input[0]", "ragged|elements|has 1"]),
    (#"{"input":[[[["1"]]]],"filters":[[[[1]]]]}"#, ["input", "string"]),
    (#"{"input":[[[[null]]]],"filters":[[[[1]]]]}"#, ["input", "null"]),
    (#"{"input":{"shape":[1,1,1,2],"data":[1]},"filters":[[[[1]]]]}"#, ["input", "[1,1,1,2]", "2 numbers", "1"]),
    (#"{"input":{"shape":[1,1,2,1],"data":[[1,2]]},"filters":[[[[1]]]]}"#, ["input", "[1,1,2,1]", "[1,2]"]),
    (#"{"input":{"shape":[1,1,1,1]},"filters":[[[[1]]]]}"#, ["input", "data"]),
    (#"{"input":{"data":[1]},"filters":[[[[1]]]]}"#, ["input", "shape"]),
    (#"{"input":{"shape":[1,1,1,1],"data":[1],"dtype":"f4"},"filters":[[[[1]]]]}"#, ["input", "dtype"]),
    (#"{"input":{"shape":[-1,1,1,1],"data":[1]},"filters":[[[[1]]]]}"#, ["input", "-1", "0 or more"]),
    (
      #"{"input":{"shape":[4294967296,4294967296,1,1],"data":[1]},"filters":[[[[1]]]]}"#,
      ["input", "4294967296", "too large"]
    ),
    (#"{"input":{"shape":[9223372036854775807,2,1,1],"data":[]},"filters":[[[[1]]]]}"#, ["input", "too large"]),
    (#"{"input":{"shape":[1.5,1,1,1],"data":[1]},"filters":[[[[1]]]]}"#, ["input.shape", "1.5", "whole numbers"]),
    (#"{"input":5,"filters":[[[[1]]]]}"#, ["input", "5", "tensor"]),
    (#"{"input":[1,2,3],"filters":[[[[1]]]]}"#, ["input", "[3]", "4 axes"]),
    (#"{"input":[[[[1]]]],"filters":[[1]]}"#, ["filters", "[1,1]", "4 axes"]),
    (#"{"input":[[[[1,2]]]],"filters":[[[[1]]]]}"#, ["filters", "is 1 in filters", "2 in input"]),
    (#"{"input":[[[[1]]]],"filters":[[[[1]]]],"bias":[1,2]}"#, ["bias", "[2]", "[1]"]),
    (#"{"input":[[[[1]]]],"filters":[[[[1]]]],"strides":0}"#, ["strides", "0", "1 to"]),
    (#"{"input":[[[[1]]]],"filters":[[[[1]]]],"strides":-2}"#, ["strides", "-2", "1 to"]),
    (#"{"input":[[[[1]]]],"filters":[[[[1]]]],"strides":1e300}"#, ["strides", "1e300"]),
    (#"{"input":[[[[1]]]],"filters":[[[[1]]]],"strides":[1,2,3]}"#, ["strides", "[1,2,3]", "1, 2 or 4"]),
    (#"{"input":[[[[1]]]],"filters":[[[[1]]]],"strides":[2,1,1,1]}"#, ["strides", "[2,1,1,1]", "batch and channels"]),
    (#"{"input":[[[[1]]]],"filters":[[[[1]]]],"strides":"two"}"#, ["strides", "\"two\"", "whole number"]),
    (#"{"input":[[[[1]]]],"filters":[[[[1]]]],"dilations":0}"#, ["dilations", "0"]),
    (#"{"input":[[[[1]]]],"filters":[[[[1]]]],"groups":0}"#, ["groups", "0"]),
    (#"{"input":[[[[1]]]],"filters":[[[[1]]]],"groups":2}"#, ["groups", "2", "divide"]),
    (#"{"input":[[[[1]]]],"filters":[[[[1]]]],"padding":"FULL"}"#, ["padding", "\"FULL\"", "SAME"]),
    (
      #"{"input":[[[[1]]]],"filters":[[[[1]]]],"padding":[[1,0],[0,0],[0,0],[0,0]]}"#,
      ["padding", "batch and channels"]
    ),
    (#"{"input":[[[[1]]]],"filters":[[[[1]]]],"padding":[[-1,0],[0,0]]}"#, ["padding", "-1", "0 to"]),
    (#"{"input":[[[[1]]]],"filters":[[[[1]]]],"padding":[[1,1],[0,0]]}"#, ["padding", "-1"]),
    (#"{"input":[[[[1]]]],"filters":[[[[1]]]],"output_shape":[3,1]}"#, ["output_shape", "height of 3", "must be 1"]),
    (
      #"{"input":[[[[1]]]],"filters":[[[[1]]]],"strides":2,"output_shape":[2,3]}"#,
      ["output_shape", "width of 3", "from 1 to 2"]
    ),
    (#"{"input":[[[[1]]]],"filters":[[[[1]]]],"output_shape":[1]}"#, ["output_shape", "[1]", "2 (height, width)"]),
    (#"{"input":[[[[1]]]],"filters":[[[[1]]]],"output_shape":[2,1,1,1]}"#, ["output_shape", "batch of 2"]),
    (#"{"input":[[[[1]]]],"filters":[[[[1]]]],"output_shape":[1,1,7]}"#, ["output_shape", "7 channels"]),
    (#"{"input":[[[[1]]]],"filters":[[[[1]]]],"output_padding":1}"#, ["output_padding", "SAME"]),
    (
      #"{"input":[[[[1]]]],"filters":[[[[1]]]],"padding":"VALID","output_padding":1}"#,
      ["output_padding", "1", "stride"]
    ),
    (#"{"input":[[[[1]]]],"filters":[[[[1]]]],"data_format":"NCWH"}"#, ["data_format", "NCWH", "NHWC, NCHW"]),
    (#"{"input":[[[[1]]]],"filters":[[[[1]]]],"activation":"relo"}"#, ["activation", "relo", "did you mean \"relu\""]),
    (#"{"input":[[[[1]]]],"filters":[[[[1]]]],"alpha":0.1}"#, ["alpha", "leaky_relu"]),
    (#"{"input":[[[[1]]]],"filters":[[[[1]]]],"activation":"leaky_relu","alpha":1e60}"#, ["alpha", "1e60"]),
    (#"{"input":[[[[1]]]],"filters":[[[[1]]]],"exact":"yes"}"#, ["exact", "\"yes\"", "true or false"]),
    (#"{"input":[[[[1]]]],"filters":[[[[1]]]],"stride":2}"#, ["stride", "did you mean \"strides\""]),
    (#"{"input":[[[[1]]]],"filters":[[[[1]]]],"format":"pretty"}"#, ["format", "pretty", "flat, nested"]),
    (#"{"input":\#(String(repeating: "[", count: 70)),"filters":1}"#, ["input", "8|64|deep|axes"]),
    (#"{"strides":\#(String(repeating: "[", count: 70))}"#, ["64|deep"]),
    (#"{"input":[[[[1]]]],"filters":[[[[1]]]],"\ud800":1}"#, ["surrogate"]),
  ]

  @Test(arguments: refusedJSON.indices)
  func `JSON that makes no sense is refused in a sentence`(index: Int) throws {
    let (json, words) = BadInputTests.refusedJSON[index]
    let server = try TestServer()
    let client = try server.connect()
    try client.send(TestRequest.post(Array(json.utf8)))
    let response = try client.readResponse()
    #expect(response.status == 400)
    #expect(response["content-type"] == "application/problem+json")
    let problem = try #require(response.json)
    let detail = try #require(problem["detail"] as? String)
    #expect(problem["error"] as? String == detail)
    #expect(problem["status"] as? Int == 400)
    #expect(problem["title"] as? String == "Bad Request")
    for word in words {
      #expect(word.split(separator: "|").contains { detail.contains($0) }, "\(word) is not in: \(detail)")
    }
    let next = try server.exchange(TestRequest.tiny)
    #expect(next.text == TestRequest.tinyAnswer)
  }

  /// Contents of other kinds: name, type, coding, bytes, status, words.
  static func refusedBinary() -> [(String, String, String?, [UInt8], Int, [String])] {
    let tiny = Array(#"{"input":[[[[3]]]],"filters":[[[[2]]]]}"#.utf8)
    let gzip = Deflater.gzip(tiny)
    var corrupt = gzip
    corrupt[corrupt.count - 6] ^= 0xFF
    func safetensors(_ header: String, _ data: Int) -> [UInt8] {
      withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian, Array.init) + Array(header.utf8)
        + [UInt8](repeating: 0, count: data)
    }
    let type = "application/vnd.safetensors"
    return [
      ("truncated gzip", "application/json", "gzip", Array(gzip.dropLast(5)), 400, ["gzip"]),
      ("corrupt gzip", "application/json", "gzip", corrupt, 400, ["gzip"]),
      ("trailing gzip", "application/json", "gzip", gzip + [1, 2, 3], 400, ["gzip"]),
      ("no gzip", "application/json", "gzip", tiny, 400, ["gzip"]),
      ("unknown coding", "application/json", "br", tiny, 415, ["br", "gzip, deflate or identity"]),
      ("stacked codings", "application/json", "gzip, gzip", Deflater.gzip(gzip), 415, ["gzip, gzip"]),
      ("wrong type", "text/csv", nil, tiny, 415, ["text/csv", "application/x-npz"]),
      (
        "overlap", type, nil,
        safetensors(
          #"{"input":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"filters":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}"#,
          6), 400, ["safetensors"]
      ),
      (
        "hole", type, nil, safetensors(#"{"input":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#, 8), 400,
        ["safetensors"]
      ),
      ("huge header", type, nil, [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F, 0x7B], 400, ["safetensors"]),
      (
        "wrong tensor", type, nil, safetensors(#"{"kernel":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, 4), 400,
        ["kernel", "filters"]
      ),
      (
        "unknown option", type, nil, safetensors(#"{"__metadata__":{"paddng":"SAME"}}"#, 0), 400, ["paddng", "padding"]
      ),
      ("no zip", "application/x-npz", nil, tiny, 400, ["NPZ"]),
    ]
  }

  @Test(arguments: refusedBinary().indices)
  func `Binary contents that make no sense are refused in a sentence`(index: Int) throws {
    let (name, type, coding, content, status, words) = BadInputTests.refusedBinary()[index]
    let server = try TestServer()
    let response = try server.post(content, type: type, fields: coding.map { [("Content-Encoding", $0)] } ?? [])
    let detail = try #require(response.json?["detail"] as? String)
    #expect(response.status == status, "\(name): \(detail)")
    for word in words { #expect(detail.contains(word), "\(name): \(word) is not in: \(detail)") }
    #expect(try server.exchange(TestRequest.tiny).text == TestRequest.tinyAnswer)
  }

  @Test func `What is repeated from a request is cut short`() throws {
    let server = try TestServer()
    let name = String(repeating: "a", count: 300_000)
    let accents = "e" + String(repeating: "\u{301}", count: 300_000)
    for json in [
      "{\"\(name)\":1}", "{\"padding\":\"\(accents)\"}", "{\"input\":{\"\(name)\":1}}",
      "{\"strides\":[\"\(name)\"]}", "{\"\(name)\":1,\"\(name)\":1}", "{\"a\":{\"\(name)\":tru}}",
    ] {
      let response = try server.post(json)
      #expect(response.status == 400)
      #expect(response.content.count < 4000)
      #expect(response.json != nil)
    }
  }

  @Test func `A refusal of content that has come whole keeps the connection`() throws {
    let server = try TestServer()
    let client = try server.connect()
    try client.send(TestRequest.post(Array("{]x".utf8)) + TestRequest.tiny)
    #expect(try client.readResponse().status == 400)
    #expect(try client.readResponse().text == TestRequest.tinyAnswer)
  }

  @Test func `A query option that the content has too is refused`() throws {
    let server = try TestServer()
    let response = try server.post(
      Array(#"{"input":[[[[1]]]],"filters":[[[[1]]]],"strides":1}"#.utf8), path: "/v1/conv2d_transpose?strides=2")
    #expect(response.status == 400)
    #expect(response.json?["field"] as? String == "strides")
  }

  @Test func `An answer that JSON cannot say is refused, and given in binary`() throws {
    let server = try TestServer()
    let overflow = #"{"input":[[[[3e38]]],[[[-3e38]]]],"filters":[[[[10]]]]}"#
    let refused = try server.post(overflow)
    #expect(refused.status == 422)
    #expect(
      refused.json?["detail"] as? String
        == "the output has inf at [0,0,0,0], which JSON cannot say; ask for application/vnd.safetensors, "
        + "application/x-npy or application/octet-stream with Accept")
    let binary = try server.post(overflow, fields: [("Accept", "application/octet-stream")])
    #expect(binary.content == [0, 0, 0x80, 0x7F, 0, 0, 0x80, 0xFF])
  }
}
