import Foundation
import Testing

/// Connections that change their event loop while they are used. Against a process of its own: loops gather only where
/// other threads of their process rest.
@Suite struct HandoverTests {
  private static var isOptimized: Bool {
    #if DEBUG
      false
    #else
      true
    #endif
  }

  private func handovers(_ server: ServerProcess) throws -> Int {
    let text = try server.exchange(TestRequest.get("/metrics")).text
    let match = try #require(text.firstMatch(of: /\nupconv_connection_handovers_total (\d+)\n/))
    return try #require(Int(match.1))
  }

  /// In debug mode a round takes longer than those that may be gathered.
  @Test(.enabled(if: HandoverTests.isOptimized, "loops gather where rounds are quick"))
  func `Connections are gathered on one loop under light load, and no answer is lost or mixed up`() throws {
    let server = try ServerProcess(["--event-loops", "2"])
    let clients = try (0..<8).map { _ in try TestClient(port: server.port) }
    let end = Date(timeIntervalSinceNow: 30)
    var rounds = 0
    while Date() < end {
      rounds += 1
      for (index, client) in clients.enumerated() {
        let number = rounds * clients.count + index
        let json = #"{"input":[[[[\#(number)]]]],"filters":[[[[1]]]]}"#
        try client.send(TestRequest.post(Array(json.utf8)))
      }
      for (index, client) in clients.enumerated() {
        let answer = try client.readResponse()
        #expect(answer.status == 200)
        #expect(answer.text == #"{"shape":[1,1,1,1],"data":[\#(rounds * clients.count + index)]}"# + "\n")
      }
      usleep(2000)
      if rounds % 50 == 0, try handovers(server) >= 4 { break }
    }
    // All of one loop's: new connections were dealt to both.
    #expect(try handovers(server) >= 4)
    #expect(server.terminate() == 0)
  }

  @Test func `A server stops in the midst of handing over, and every request that it took is answered`() throws {
    for pause in [100_000, 200_000, 250_000, 300_000] {
      let server = try ServerProcess(["--event-loops", "2"])
      let clients = try (0..<8).map { _ in try TestClient(port: server.port) }
      // The first connections change loops after two windows of a tenth of a second.
      let end = Date(timeIntervalSinceNow: Double(pause) / 1e6)
      while Date() < end {
        for client in clients { try client.send(TestRequest.tiny) }
        for client in clients { #expect(try client.readResponse().text == TestRequest.tinyAnswer) }
        usleep(1000)
      }
      for client in clients { try client.send(TestRequest.tiny) }
      server.process.terminate()
      for client in clients { #expect(try client.readResponse().text == TestRequest.tinyAnswer) }
      server.process.waitUntilExit()
      #expect(server.process.terminationStatus == 0)
    }
  }
}
