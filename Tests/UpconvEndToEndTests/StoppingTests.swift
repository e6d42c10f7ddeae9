import Foundation
import Testing
import UpconvService

/// SIGTERM: what is under way is finished, the exit is clean.
@Suite struct StoppingTests {
  @Test func `Requests under way are answered, resting connections closed, and the exit status is 0`() throws {
    let server = try ServerProcess()
    let resting = try TestClient(port: server.port)
    try resting.send(TestRequest.tiny)
    _ = try resting.readResponse()
    let working = try TestClient(port: server.port)
    let half = TestRequest.tiny.count / 2
    try working.send(TestRequest.tiny.prefix(half))
    usleep(200_000)
    server.process.terminate()
    #expect(resting.readsEnd())
    // While it finishes, nobody is let in.
    #expect(throws: TestClient.Failure.self) { try TestClient(port: server.port) }
    try working.send(TestRequest.tiny.dropFirst(half))
    let response = try working.readResponse()
    #expect(response.text == TestRequest.tinyAnswer)
    #expect(response["connection"] == "close")
    #expect(working.readsEnd())
    server.process.waitUntilExit()
    #expect(server.process.terminationStatus == 0)
    #expect(throws: TestClient.Failure.self) { try TestClient(port: server.port) }
  }

  @Test func `What does not end within the grace time is cut off`() throws {
    let server = try ServerProcess(["--stop-grace", "1"])
    let stuck = try TestClient(port: server.port)
    try stuck.send(TestRequest.tiny.prefix(20))
    usleep(200_000)
    let start = Date()
    #expect(server.terminate() == 0)
    #expect(Date().timeIntervalSince(start) < 5)
  }

  @Test func `A server that stops is not ready`() throws {
    let server = try TestServer()
    #expect(try server.exchange(TestRequest.get("/v2/health/ready")).status == 200)
    server.service.stopBeingReady()
    let response = try server.exchange(TestRequest.get("/v2/health/ready"))
    #expect(response.status == 503)
    #expect(response.text == "{\"ready\":false}\n")
    #expect(try server.exchange(TestRequest.get("/v2/health/live")).status == 200)
  }
}
