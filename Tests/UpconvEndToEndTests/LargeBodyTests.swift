import Foundation
import Testing

/// Content that goes straight to where it belongs.
@Suite struct LargeBodyTests {
  /// One channel, 1024 pixels a row, through a kernel of 1: the output is the input.
  private static func request(elements: Int) -> (head: [UInt8], data: [UInt8]) {
    let bytes = 4 * elements
    let header =
      #"{"filters":{"dtype":"F32","shape":[1,1,1,1],"data_offsets":[0,4]},"input":{"dtype":"F32","shape":[1,\#(elements / 1024),1024,1],"data_offsets":[4,\#(4 + bytes)]}}"#
    var data: [UInt8] = []
    data.reserveCapacity(4 + bytes)
    withUnsafeBytes(of: Float(1).bitPattern.littleEndian) { data += $0 }
    for index in 0..<elements {
      withUnsafeBytes(of: (Float(index % 65_536) / 7).bitPattern.littleEndian) { data += $0 }
    }
    let head = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian, Array.init) + Array(header.utf8)
    return (head, data)
  }

  @Test func `A large binary body is held once, and its answer once`() throws {
    let elements = 6 << 20
    let server = try ServerProcess()
    let (head, data) = LargeBodyTests.request(elements: elements)
    let client = try TestClient(port: server.port)
    try server.forgetPeak()
    let before = server.residentMiB
    try client.send(
      "POST /v1/conv2d_transpose HTTP/1.1\r\nHost: a\r\nContent-Type: application/vnd.safetensors\r\n"
        + "Accept: application/octet-stream\r\nContent-Length: \(head.count + data.count)\r\n\r\n")
    // Cut so that elements are cut.
    try client.send(head + data.prefix(4 + 4_000_001))
    usleep(20_000)
    try client.send(data.dropFirst(4 + 4_000_001))
    let answer = try client.readResponse()
    #expect(answer.status == 200)
    #expect(answer.content.count == 4 * elements)
    #expect(answer.content == Array(data.dropFirst(4)))
    let tensors = 2 * 4 * elements / (1 << 20)
    #expect(server.peakResidentMiB - before <= tensors * 115 / 100 + 8)
  }
}
