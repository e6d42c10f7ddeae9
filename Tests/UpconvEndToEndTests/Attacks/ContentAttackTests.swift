import Foundation
import Testing
import UpconvCompression

/// Content that is small to send and dear to read.
@Suite(.serialized) struct ContentAttackTests {
  private static let safetensorsType = "application/vnd.safetensors"

  private static func safetensors(_ header: String, _ data: [UInt8] = []) -> [UInt8] {
    withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian, Array.init) + Array(header.utf8) + data
  }

  /// A .npy file that says it has this shape, and has eight bytes.
  private static func npy(shape: String) -> [UInt8] {
    let text = "{'descr': '<f4', 'fortran_order': False, 'shape': \(shape), }"
    let padded = text + String(repeating: " ", count: 117 - text.utf8.count) + "\n"
    return [0x93] + Array("NUMPY".utf8) + [1, 0, 118, 0] + Array(padded.utf8) + [UInt8](repeating: 0, count: 8)
  }

  @Test func `Bombs of gzip and their relatives stop at a limit`() throws {
    let server = try AttackedServer()
    let zeros = Deflater.gzip([UInt8](repeating: 0, count: 1 << 20))
    let empty = Deflater.gzip([])
    let blanks = LimitsTests.bomb(of: UInt8(ascii: " "))
    let gzip = [("Content-Encoding", "gzip")]
    // A header that says it is as long as the bomb.
    let header = Deflater.gzip(
      withUnsafeBytes(of: UInt64(1 << 29).littleEndian, Array.init) + [UInt8](repeating: 0x20, count: 1 << 24))
    // Numbers that fill a tensor up to its limit.
    let numbers = Deflater.gzip(Array("{\"input\":[".utf8) + Array(String(repeating: "1,", count: 1 << 23).utf8))
    let bombs: [(name: String, content: [UInt8], type: String, status: Int)] = [
      ("zeros as JSON", LimitsTests.bomb(of: 0), "application/json", 400),
      ("blanks as JSON", blanks, "application/json", 413),
      ("zeros as safetensors", LimitsTests.bomb(of: 0), Self.safetensorsType, 400),
      ("a header of half a gigabyte", header, Self.safetensorsType, 400),
      ("a gzip of a gzip", Deflater.gzip(Deflater.gzip(Array("{}".utf8))), "application/json", 415),
      ("a gzip of a bomb", Deflater.gzip(blanks), "application/json", 415),
      ("100,000 empty members", Array([[UInt8]](repeating: empty, count: 100_000).joined()), "application/json", 400),
      ("members without end", Array([[UInt8]](repeating: zeros, count: 2000).joined()), "application/json", 400),
      ("numbers without end", numbers, "application/json", 400),
      ("brackets", Deflater.gzip([UInt8](repeating: UInt8(ascii: "["), count: 1 << 24)), "application/json", 400),
    ]
    try server.withstand("gzip bombs", maxGrowthMiB: 16) {
      for (name, content, type, status) in bombs {
        let response = try server.process.exchange(TestRequest.post(content, type: type, fields: gzip))
        #expect(response.status == status, "\(name): \(response.text)")
      }
    }
  }

  @Test func `Many empty members are no content, up to a limit`() throws {
    let server = try TestServer()
    let tiny = Array(#"{"input":[[[[3]]]],"filters":[[[[2]]]]}"#.utf8)
    let empty = Deflater.gzip([])
    for count in [1, 1000, 1023, 1024] {
      let content = Array([[UInt8]](repeating: empty, count: count).joined()) + Deflater.gzip(tiny)
      let response = try server.post(content, fields: [("Content-Encoding", "gzip")])
      #expect(response.status == (count < 1024 ? 200 : 400), "\(count): \(response.text)")
      if count < 1024 { #expect(response.text == TestRequest.tinyAnswer) }
    }
  }

  @Test func `Nesting without end is refused at once`() throws {
    let server = try AttackedServer()
    let count = 1_000_000
    let openings = [
      "[", "{\"a\":", "{\"input\":[", "[{\"a\":", "{\"input\":{\"data\":[", "{\"padding\":[[", "{\"strides\":{\"a\":",
    ]
    try server.withstand("JSON depth") {
      for opening in openings {
        let content = Array(String(repeating: opening, count: count / opening.utf8.count).utf8)
        let response = try server.process.exchange(TestRequest.post(content))
        #expect(response.status == 400, "\(opening): \(response.text)")
      }
      let brackets = String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)
      for text in ["{\"input\":\(brackets)}", "{\"bias\":\(brackets),\"x\":1}", "{\"groups\":\(brackets)}"] {
        #expect(try server.process.exchange(TestRequest.post(Array(text.utf8))).status == 400)
      }
    }
  }

  @Test func `Sizes at the ends of integers are refused`() throws {
    let server = try AttackedServer()
    let sizes = [
      "9223372036854775807", "-9223372036854775808", "9223372036854775808", "18446744073709551615",
      "4611686018427387904",
      "4294967296", "2147483648", "-1", "1e18", "1e19", "1e308", "1e400", "0.5", "3037000500",
    ]
    let tensors = #""input":[[[[1]]]],"filters":[[[[1]]]]"#
    var requests: [[UInt8]] = []
    for size in sizes {
      for option in ["strides", "dilations", "groups", "output_padding"] {
        requests.append(TestRequest.post(Array(#"{\#(tensors),"\#(option)":\#(size)}"#.utf8)))
        requests.append(TestRequest.post(Array(#"{\#(tensors),"\#(option)":[\#(size),\#(size)]}"#.utf8)))
      }
      requests += [
        #"{\#(tensors),"output_shape":[\#(size),\#(size)]}"#, #"{\#(tensors),"output_shape":[1,\#(size),\#(size),1]}"#,
        #"{\#(tensors),"padding":[[\#(size),\#(size)],[\#(size),\#(size)]]}"#,
        #"{"input":{"shape":[\#(size),\#(size),\#(size),\#(size)],"data":[1]},"filters":[[[[1]]]]}"#,
        #"{"input":{"shape":[1,\#(size),1,1],"data":[1]},"filters":[[[[1]]]]}"#,
        #"{"input":[[[[1]]]],"filters":{"shape":[\#(size),1,1,0],"data":[]}}"#,
        #"{"input":{"shape":[0,\#(size),\#(size),\#(size)],"data":[]},"filters":[[[[1]]]]}"#,
      ].map { TestRequest.post(Array($0.utf8)) }
      requests += [
        #"{"input":{"dtype":"F32","shape":[\#(size),\#(size)],"data_offsets":[0,8]}}"#,
        #"{"input":{"dtype":"F32","shape":[2],"data_offsets":[\#(size),\#(size)]}}"#,
        #"{"input":{"dtype":"F64","shape":[0,\#(size),\#(size)],"data_offsets":[0,\#(size)]}}"#,
      ].map { TestRequest.post(Self.safetensors($0, [UInt8](repeating: 0, count: 8)), type: Self.safetensorsType) }
      for shape in ["(\(size),)", "(\(size), \(size))", "(0, \(size), \(size))"] {
        requests.append(
          TestRequest.post(StoredZip.archive("input.npy", Self.npy(shape: shape)), type: "application/x-npz"))
      }
    }
    for length in ["ffffffffffffffff", "7fffffffffffffff", "8000000000000000"] {
      let bytes = stride(from: 0, to: 64, by: 8).map {
        UInt8(truncatingIfNeeded: UInt64(length, radix: 16)! >> UInt64($0))
      }
      requests.append(TestRequest.post(bytes + Array("{}".utf8), type: Self.safetensorsType))
    }
    try server.withstand("integer overflow") {
      for request in requests {
        let response = try server.process.exchange(request)
        let text = String(decoding: request.suffix(120), as: UTF8.self)
        #expect(response.status == 400, "\(text): \(response.status) \(response.text)")
      }
    }
  }

  /// Names that collide in hash functions without a seed: "Aa" and "BB" in Java's and its relatives.
  @Test func `Names that collide elsewhere cost no more than others`() throws {
    let server = try AttackedServer()
    func members(_ name: (Int) -> String) -> [UInt8] {
      let members = (0..<20_000).map { "\"\(name($0))\":0" }
      return Array(("{\"padding\":{" + members.joined(separator: ",") + "}}").utf8)
    }
    let colliding = members { index in (0..<15).map { index >> $0 & 1 == 0 ? "Aa" : "BB" }.joined() }
    let others = members { index in
      let digits = String(index &* 2_654_435_761 & 0x3FFF_FFFF_FFFF, radix: 36)
      return digits + String(repeating: "x", count: 30 - digits.utf8.count)
    }
    func cost(_ content: [UInt8]) throws -> Double {
      let start = server.process.processorSeconds
      for _ in 0..<10 { #expect(try server.process.exchange(TestRequest.post(content)).status == 400) }
      return server.process.processorSeconds - start
    }
    try server.withstand("hash flooding") {
      let costs = (others: try cost(others), colliding: try cost(colliding))
      print(
        "attack \"hash flooding\": 10 times 20,000 names: \(costs.others) s of processor, colliding: \(costs.colliding) s"
      )
      // Were every name compared with all before it, it would be some ten thousand times as much.
      #expect(costs.colliding < 20 * costs.others + 1)
      let names = (0..<500).map { index in (0..<9).map { index >> $0 & 1 == 0 ? "Aa" : "BB" }.joined() + "=" }
      let path = "/v1/conv2d_transpose?" + names.prefix(350).joined(separator: "&")
      #expect(try server.process.exchange(TestRequest.post(Array("{}".utf8), path: path)).status == 400)
      let fields = names.prefix(90).map { (String($0.dropLast()), "x") }
      #expect(try server.process.exchange(TestRequest.get("/v2/health/live", fields: fields)).status == 200)
    }
  }

  @Test func `Where hashes are made predictable the server does not start`() throws {
    let result = try Program.run(
      ["serve", "--port", "0"], environment: ["SWIFT_DETERMINISTIC_HASHING": "1"])
    #expect(result.status != 0)
    #expect(result.errors.contains("SWIFT_DETERMINISTIC_HASHING"))
  }
}
