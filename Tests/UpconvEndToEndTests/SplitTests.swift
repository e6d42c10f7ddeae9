import Foundation
import Testing
import UpconvCompression

/// Every split of every request into two reads gives the same answer.
@Suite struct SplitTests {
  static func requests() throws -> [(name: String, bytes: [UInt8])] {
    let tiny = #"{"input":[[[[3.5e0],[-1]]]],"filters":{"shape":[1,2,1,1],"data":[2,1]},"padding":"VALI\u0044"}"#
    let chunked =
      "POST /v1/conv2d_transpose?format=nested HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
      + "14;a=b\r\n{\"input\":[[[[12]]]],\r\n18\r\n\"filters\":[[[[3]]]]}    \r\n0\r\nT: u\r\n\r\n"
    let header =
      #"{"input":{"dtype":"F32","shape":[1,1,1,1],"data_offsets":[0,4]},"filters":{"dtype":"F16","shape":[1,1,1,1],"data_offsets":[4,6]},"__metadata__":{"strides":"[1,2]"}}"#
    let safetensors =
      withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian, Array.init) + Array(header.utf8)
      + [0, 0, 0x40, 0x40] + [0, 0x40]
    return [
      ("GET", TestRequest.get("/v2/health/live")),
      ("JSON", TestRequest.post(Array(tiny.utf8))),
      ("chunked", Array(chunked.utf8)),
      ("gzip", TestRequest.post(Deflater.gzip(Array(tiny.utf8)), fields: [("Content-Encoding", "gzip")])),
      ("safetensors", TestRequest.post(safetensors, type: "application/vnd.safetensors")),
      ("refused JSON", TestRequest.post(Array(#"{"input":[[1,2],[3]],"filters":1}"#.utf8))),
      ("refused head", Array("GET / HTTP/1.1\r\nHost: localhost\r\nX y\r\n\r\n".utf8)),
    ]
  }

  @Test(arguments: 0..<7)
  func `However a request is cut in two, the answer is the same`(index: Int) throws {
    let (name, bytes) = try SplitTests.requests()[index]
    let server = try TestServer()
    let whole = try server.exchange(bytes)
    #expect(name.hasPrefix("refused") ? whole.status == 400 : whole.status == 200, "\(name): \(whole.text)")
    for cut in 1..<bytes.count {
      let client = try server.connect()
      try client.send(bytes[..<cut])
      // Long enough for the server to read the first part alone, on most machines most of the time.
      usleep(300)
      do {
        try client.send(bytes[cut...])
      } catch {
        // A request may be refused by its first part alone.
        #expect(name.hasPrefix("refused"))
      }
      let response = try client.readResponse()
      #expect(response.status == whole.status, "\(name) cut at \(cut): \(response.text)")
      #expect(response.content == whole.content, "\(name) cut at \(cut): \(response.text)")
    }
  }
}
