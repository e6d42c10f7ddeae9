import Foundation
import Testing
import UpconvCompression
import UpconvTransport

/// Answers that do not fit the socket: cut anywhere, they come whole.
@Suite struct SlowReaderTests {
  /// 2^20 numbers that are all different: 4 MiB raw, over 8 MiB of JSON.
  static let large: [UInt8] = {
    var data: [UInt8] = []
    for index in 0..<(1 << 16) {
      let pixel = Float(index) / 7
      withUnsafeBytes(of: pixel.bitPattern.littleEndian) { data += $0 }
    }
    for tap in 1...16 { withUnsafeBytes(of: (Float(tap) / 3).bitPattern.littleEndian) { data += $0 } }
    let header =
      #"{"input":{"dtype":"F32","shape":[1,256,256,1],"data_offsets":[0,262144]},"filters":{"dtype":"F32","shape":[4,4,1,1],"data_offsets":[262144,262208]},"__metadata__":{"strides":"4"}}"#
    return withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian, Array.init) + Array(header.utf8) + data
  }()

  @Test(arguments: [
    ("application/json", false), ("application/json", true), ("application/x-npy", false),
    ("application/octet-stream", false), ("application/vnd.safetensors", true),
  ])
  func `A reader with little room gets the same bytes`(accept: String, gzip: Bool) throws {
    let server = try TestServer()
    let fields = [("Accept", accept)] + (gzip ? [("Accept-Encoding", "gzip")] : [])
    let request = TestRequest.post(SlowReaderTests.large, type: "application/vnd.safetensors", fields: fields)
    var quick = try server.exchange(request)
    #expect(quick.status == 200)
    let client = try TestClient(port: server.port, receiveBufferBytes: 4096)
    try client.send(request + TestRequest.tiny)
    usleep(300_000)
    var slow = try client.readResponse()
    if gzip {
      quick.content = try inflate(quick.content)
      slow.content = try inflate(slow.content)
    }
    #expect(slow.content.count >= 4 << 20)
    #expect(slow.content == quick.content)
    // The request that was sent ahead is answered behind it.
    #expect(try client.readResponse().text == TestRequest.tinyAnswer)
  }

  @Test func `A reader that steadily takes more than 64 KiB in each idle timeout gets the whole answer`() throws {
    let server = try TestServer(server: { $0.idleTimeout = .seconds(3) })
    let client = try TestClient(port: server.port, receiveBufferBytes: 64 << 10)
    try client.send(
      TestRequest.post(
        SlowReaderTests.large, type: "application/vnd.safetensors", fields: [("Accept", "application/json")]))
    // 150 kB/s: the system holds megabytes, and says that there is room only when it has sent a third of them.
    let (start, bytesPerSecond) = (Date(), 150_000.0)
    var early: [UInt8] = []
    while Date().timeIntervalSince(start) < 8 {
      let due = Int(Date().timeIntervalSince(start) * bytesPerSecond) - early.count
      if due > 0 { early += try client.read(count: due) }
      usleep(50_000)
    }
    // The rest at once.
    #expect(String(decoding: early.prefix(12), as: UTF8.self) == "HTTP/1.1 200")
    let rest = client.readAllBytes()
    #expect(early.count + rest.count > 8 << 20)
    #expect(rest.suffix(5) == Array("0\r\n\r\n".utf8))
  }

  @Test func `A reader that takes nothing is closed after the idle timeout`() throws {
    let server = try TestServer(server: { $0.idleTimeout = .seconds(1) })
    let client = try TestClient(port: server.port, receiveBufferBytes: 64 << 10)
    try client.send(
      TestRequest.post(
        SlowReaderTests.large, type: "application/vnd.safetensors", fields: [("Accept", "application/json")]))
    #expect(ServerProcess.wait { server.server.connectionCount == 1 })
    #expect(ServerProcess.wait { server.server.connectionCount == 0 })
    #expect((try? client.read(count: 8 << 20)) == nil)
  }

  @Test func `A reader of HTTP/1.0 gets the same bytes until the connection ends`() throws {
    let server = try TestServer()
    let json = try server.post(
      SlowReaderTests.large, type: "application/vnd.safetensors", fields: [("Accept", "application/json")])
    let client = try TestClient(port: server.port, receiveBufferBytes: 4096)
    let length = SlowReaderTests.large.count
    try client.send(
      Array("POST /v1/conv2d_transpose HTTP/1.0\r\nAccept: application/json\r\nContent-Length: \(length)\r\n".utf8)
        + Array("Content-Type: application/vnd.safetensors\r\n\r\n".utf8) + SlowReaderTests.large)
    usleep(300_000)
    #expect(try client.readResponse().content == json.content)
  }

  @Test func `An answer that compresses a thousandfold comes whole`() throws {
    let server = try TestServer()
    let header =
      #"{"input":{"dtype":"F32","shape":[1,1024,1024,1],"data_offsets":[0,4194304]},"filters":{"dtype":"F32","shape":[1,1,1,1],"data_offsets":[4194304,4194308]},"__metadata__":{"strides":"2"}}"#
    let content =
      withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian, Array.init) + Array(header.utf8)
      + [UInt8](repeating: 0, count: 4_194_308)
    let response = try server.post(
      content, type: "application/vnd.safetensors",
      fields: [("Accept", "application/octet-stream"), ("Accept-Encoding", "gzip")])
    #expect(response.content.count < 1 << 18)
    #expect(try inflate(response.content) == [UInt8](repeating: 0, count: 16 << 20))
  }

  @Test func `A reader that leaves in the middle of an answer leaves nothing behind`() throws {
    let server = try ServerProcess()
    let request = TestRequest.post(
      SlowReaderTests.large, type: "application/vnd.safetensors", fields: [("Accept", "application/json")])
    // The first job opens what the queues need; a closed connection may linger for two seconds.
    _ = try server.exchange(request)
    sleep(3)
    let descriptors = server.descriptors
    for _ in 0..<5 {
      let client = try TestClient(port: server.port, receiveBufferBytes: 4096)
      try client.send(request)
      usleep(300_000)
      client.reset()
    }
    #expect(ServerProcess.wait { server.descriptors <= descriptors })
    #expect(try server.exchange(TestRequest.tiny).text == TestRequest.tinyAnswer)
  }
}
