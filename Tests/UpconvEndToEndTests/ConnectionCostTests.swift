import Foundation
import Testing

/// What many connections cost, and how they share the server.
@Suite(.serialized) struct ConnectionCostTests {
  /// Sockets that are driven by hand: thousands at once.
  private final class Sockets {
    private(set) var numbers: [Int32] = []

    /// Returns how many sockets a test may open: `wanted`, or what the machine allows beside the tests that run with it.
    static func room(for wanted: Int) -> Int {
      // The usual soft limit is 1,024.
      let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
      var limit = rlimit()
      getrlimit(resource, &limit)
      limit.rlim_cur = limit.rlim_max
      setrlimit(resource, &limit)
      return min(wanted, Int(clamping: limit.rlim_cur) - descriptorsOfOthers)
    }

    /// For the tests that run at the same time in this process; the server needs fewer for itself.
    private static let descriptorsOfOthers = 400

    deinit { for number in numbers { close(number) } }

    /// Connects, sends, and waits for the first bytes of an answer.
    func open(_ count: Int, port: UInt16, sending bytes: [UInt8]) throws {
      var buffer = [UInt8](repeating: 0, count: 4096)
      for _ in 0..<count {
        let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard number >= 0 else { throw TestClient.Failure("socket: \(errno)") }
        numbers.append(number)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let connected = withUnsafePointer(to: &address) {
          $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            connect(number, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
          }
        }
        guard connected == 0, send(number, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count,
          recv(number, &buffer, buffer.count, 0) > 0
        else { throw TestClient.Failure("connection \(numbers.count): \(errno)") }
      }
    }
  }

  /// With fewer, the memory that the server takes anyway would weigh too much.
  private static let leastCount = 500
  private static var hasRoom: Bool { Sockets.room(for: leastCount) == leastCount }

  /// What a resting connection takes of the server's memory, once all rest.
  private func cost(_ name: String, sending bytes: [UInt8], isAtMost maxBytes: Int) throws {
    let count = Sockets.room(for: 9000)
    let server = try ServerProcess(["--threads", "2", "--max-connections", "\(count + 100)"])
    let sockets = Sockets()
    try sockets.open(50, port: server.port, sending: bytes)
    let before = server.residentMiB
    try sockets.open(count, port: server.port, sending: bytes)
    // They rest after a second.
    usleep(2_500_000)
    let isCheap = ServerProcess.wait(seconds: 5) {
      (server.residentMiB - before) << 20 <= maxBytes * count
    }
    let each = (server.residentMiB - before) << 20 / count
    #expect(isCheap, "\(name): \(each) bytes each")
    print("\(count) resting connections of \(name): \(each) bytes each")
    // They are alive.
    #expect(try server.exchange(TestRequest.tiny).text == TestRequest.tinyAnswer)
  }

  @Test(.enabled(if: hasRoom, "the limit of descriptors leaves no room for 500 connections"))
  func `Resting connections of HTTP/1.1 cost 8 KiB at most`() throws {
    try cost("HTTP/1.1", sending: TestRequest.get("/v2/health/live"), isAtMost: 8 << 10)
  }

  @Test(.enabled(if: hasRoom, "the limit of descriptors leaves no room for 500 connections"))
  func `Resting connections of HTTP/2 cost 24 KiB at most`() throws {
    try cost(
      "HTTP/2",
      sending: HTTP2TestClient.preface + HTTP2TestClient.settings([])
        + HTTP2TestClient.headers(stream: 1, HTTP2TestClient.head("GET", "/v2/health/live")),
      isAtMost: 24 << 10)
  }

  @Test func `A connection of HTTP/2 that has rested goes on`() throws {
    let server = try ServerProcess(["--threads", "2"])
    let client = try HTTP2TestClient(port: server.port)
    try client.acknowledgeSettings()
    for round in 0..<3 {
      for stream in [UInt32(round * 4 + 1), UInt32(round * 4 + 3)] {
        try client.send(HTTP2TestClient.tiny(stream: stream))
        #expect(try client.readResponse(stream: stream).text == TestRequest.tinyAnswer)
      }
      // Past the time after which it gives its memory back.
      if round < 2 { usleep(1_600_000) }
    }
  }

  @Test(.enabled(if: hasRoom, "the limit of descriptors leaves no room for 500 connections"))
  func `Hundreds of active connections are served evenly`() throws {
    // One loop: what two loops get of the processors is the system's choice, and builds beside the tests change it.
    let server = try ServerProcess(["--threads", "2", "--event-loops", "1", "--max-connections", "2000"])
    let sockets = Sockets()
    let count = Sockets.room(for: 1000)
    try sockets.open(count, port: server.port, sending: TestRequest.tiny)
    var polled = sockets.numbers.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    var counts = [Int](repeating: 0, count: polled.count)
    var buffer = [UInt8](repeating: 0, count: 4096)
    let request = TestRequest.tiny
    for entry in polled { _ = send(entry.fd, request, request.count, Int32(MSG_NOSIGNAL)) }
    let end = Date().addingTimeInterval(2)
    while Date() < end {
      guard poll(&polled, nfds_t(polled.count), 1000) > 0 else { break }
      for index in polled.indices where polled[index].revents & Int16(POLLIN) != 0 {
        // A small answer comes whole.
        guard recv(polled[index].fd, &buffer, buffer.count, 0) > 0 else { continue }
        counts[index] += 1
        _ = send(polled[index].fd, request, request.count, Int32(MSG_NOSIGNAL))
      }
    }
    let (least, most) = (counts.min() ?? 0, counts.max() ?? 0)
    print("\(count) connections: from \(least) to \(most) requests each in 2 s")
    #expect(least > 0 && most <= 2 * least + 2, "from \(least) to \(most)")
  }

  @Test func `Where all places are taken, who rests longest leaves in favour of a new client`() throws {
    let server = try ServerProcess(["--threads", "2", "--max-connections", "20", "--event-loops", "1"])
    let idle = Sockets()
    try idle.open(19, port: server.port, sending: TestRequest.tiny)
    let active = try TestClient(port: server.port)
    try active.send(TestRequest.tiny)
    #expect(try active.readResponse().text == TestRequest.tinyAnswer)
    usleep(1_300_000)
    try active.send(TestRequest.tiny)
    #expect(try active.readResponse().text == TestRequest.tinyAnswer)

    // Ten come, and all are served.
    let newcomers = Sockets()
    try newcomers.open(10, port: server.port, sending: TestRequest.tiny)
    try active.send(TestRequest.tiny)
    #expect(try active.readResponse().text == TestRequest.tinyAnswer)
    try active.send(TestRequest.get("/metrics"))
    #expect(try active.readResponse().text.contains("upconv_connections_made_room_total 10"))
    // Nobody has rested for long now, but for nine of the old ones: with them gone the next is told so.
    try newcomers.open(9, port: server.port, sending: TestRequest.tiny)
    let refused = try TestClient(port: server.port)
    #expect(try refused.readResponse().status == 503)
  }
}
