import Foundation
import Testing
import UpconvTransport

/// Connections that change their event loop while they are used.
@Suite struct HandoverTests {
  @Test func `Connections are gathered on one loop under light load, and no answer is lost or mixed up`() async throws {
    let server = try TestServer()
    let clients = try (0..<8).map { _ in try server.connect() }
    let end = Date(timeIntervalSinceNow: 30)
    var rounds = 0
    while server.server.handoverCount < 4 || rounds < 200, Date() < end {
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
      try await Task.sleep(for: .milliseconds(2))
    }
    // All of one loop's: new connections were dealt to both.
    #expect(server.server.handoverCount >= 4)
    #expect(server.server.connectionCount == clients.count)
  }

  @Test func `A server stops in the midst of handing over, and every request that it took is answered`() async throws {
    for _ in 0..<5 {
      let server = try TestServer()
      let clients = try (0..<8).map { _ in try server.connect() }
      let end = Date(timeIntervalSinceNow: 10)
      while server.server.handoverCount == 0, Date() < end {
        for client in clients { try client.send(TestRequest.tiny) }
        for client in clients { #expect(try client.readResponse().text == TestRequest.tinyAnswer) }
        try await Task.sleep(for: .milliseconds(1))
      }
      server.server.stop(grace: .seconds(5))
      server.server.waitUntilStopped()
      #expect(server.server.connectionCount == 0)
    }
  }
}
