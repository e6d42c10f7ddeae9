import Dispatch
import Foundation
import Synchronization
import Testing
import UpconvRepository
import UpconvTestSupport

/// New weights go live under load: every answer is one version's, whole.
@Suite struct ReloadTests {
  /// What clients have seen.
  private struct Seen {
    var count = 0
    var versions: Set<String> = []
    var faults: [String] = []
  }

  /// Sends until told to stop and so many are answered; each answer must be the weights of the version it names.
  private func storm(
    _ server: ModelServer, requests: Int, clients: Int, reload: (Int) throws -> Void
  ) throws -> Seen {
    let seen = Mutex(Seen())
    let reloaded = Atomic(false)
    let left = Atomic(requests)
    let port = server.server.port
    let group = DispatchGroup()
    for index in 0..<clients {
      // Small images run at once on the event loop, large ones through the queue, joined.
      let count = index % 2 == 0 ? 8 : 40_000
      let json =
        #"{"inputs":[{"name":"x","shape":[1,1,\#(count),1],"datatype":"FP32","#
        + #""parameters":{"binary_data_size":\#(count * 4)}}],"parameters":{"binary_data_output":true},"id":"\#(index)"}"#
      let bytes = TestRequest.post(
        Array(json.utf8) + ModelServer.bytes([Float](repeating: 1, count: count)), path: "/v2/models/m/infer",
        type: nil, fields: [("Inference-Header-Content-Length", "\(json.utf8.count)")])
      group.enter()
      Thread.detachNewThread {
        defer { group.leave() }
        do {
          let client = try TestClient(port: port)
          while left.subtract(1, ordering: .relaxed).oldValue > 0 || !reloaded.load(ordering: .relaxed) {
            try client.send(bytes)
            let answer = try client.readResponse()
            seen.withLock { ReloadTests.check(answer, index, count, &$0) }
          }
        } catch { seen.withLock { $0.faults.append("\(error)") } }
      }
    }
    do {
      for step in 1...20 { try reload(step) }
    } catch { seen.withLock { $0.faults.append("\(error)") } }
    reloaded.store(true, ordering: .relaxed)
    group.wait()
    return seen.withLock { $0 }
  }

  private static func check(_ answer: TestResponse, _ client: Int, _ count: Int, _ seen: inout Seen) {
    seen.count += 1
    guard answer.status == 200, let parts = answer.parts, let version = parts.json["model_version"] as? String,
      let number = Int(version)
    else { return seen.faults.append("\(answer.status) \(answer.error)") }
    seen.versions.insert(version)
    // Odd versions have one set of weights, even ones the other.
    let weight: Float = number % 2 == 1 ? 3 : 5
    let output = ModelServer.floats(parts.tensors)
    if output != [Float](repeating: weight, count: count) || parts.json["id"] as? String != "\(client)" {
      seen.faults.append("version \(version) gave \(Set(output)) to \(parts.json["id"] ?? "")")
    }
  }

  @Test func `10,000 requests across 20 reloads: none is lost, and none is mixed`() throws {
    let server = try ModelServer(repository: {
      $0.mode = .explicit
      $0.initialModels = ["scale"]
    })
    try server.folder.write("m/1", weight: 3)
    #expect(try server.post("/v2/repository/models/m/load").status == 200)
    let seen = try storm(server, requests: 10_000, clients: 8) { step in
      usleep(20_000)
      try server.folder.write("m/\(step + 1)", weight: step % 2 == 0 ? 3 : 5)
      let answer = try server.post("/v2/repository/models/m/load")
      guard answer.status == 200 else { throw TestClient.Failure(answer.text) }
    }
    #expect(seen.faults.isEmpty, "\(seen.faults.prefix(3))")
    #expect(seen.count >= 10_000)
    #expect(seen.versions.count > 10, "\(seen.versions)")
  }

  @Test func `Polled versions take over under load, from whole to whole`() throws {
    let server = try ModelServer(repository: {
      $0.mode = .poll
      $0.pollInterval = .milliseconds(5)
      $0.policy.versions = .latest(1)
    })
    try server.folder.write("m/1", weight: 3)
    let repository = server.server.repository
    while (try? repository.served("m", version: nil)) == nil { usleep(1000) }
    let seen = try storm(server, requests: 1000, clients: 4) { step in
      try server.folder.write("m/\(step + 1)", weight: step % 2 == 0 ? 3 : 5)
      while (try? repository.served("m", version: nil))?.version != step + 1 { usleep(1000) }
    }
    #expect(seen.faults.isEmpty, "\(seen.faults.prefix(3))")
    #expect(seen.count >= 1000)
    #expect(seen.versions.count > 1)
  }
}
