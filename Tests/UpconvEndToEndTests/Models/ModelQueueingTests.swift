import Dispatch
import Foundation
import Testing
import UpconvRepository
import UpconvScheduling
import UpconvSystem

/// A model's queue as clients see it: full, late, left. Images are so large that they are not run on the event loop, and
/// the compute threads are held by the test.
@Suite struct ModelQueueingTests {
  private static let size = 40_000

  private static func request(_ more: String = "") -> [UInt8] {
    let json =
      #"{"inputs":[{"name":"x","shape":[1,200,200,1],"datatype":"FP32","parameters":{"binary_data_size":160000}}]"#
      + #","outputs":[{"name":"y","parameters":{"binary_data":true}}]\#(more)}"#
    return TestRequest.post(
      Array(json.utf8) + ModelServer.bytes([Float](repeating: 1, count: size)), path: "/v2/models/scale/infer",
      type: nil, fields: [("Inference-Header-Content-Length", "\(json.utf8.count)")])
  }

  private final class Hold {
    private let gate = DispatchSemaphore(value: 0)
    init(_ compute: ComputeQueue) throws {
      let (gate, held) = (gate, DispatchSemaphore(value: 0))
      for _ in 0..<2 {
        try compute.submit(Cancellation()) { _ in
          held.signal()
          gate.wait()
        }
      }
      for _ in 0..<2 { held.wait() }
    }
    func release() { for _ in 0..<2 { gate.signal() } }
  }

  private func eventually(_ condition: () throws -> Bool) rethrows -> Bool {
    for _ in 0..<3000 {
      if try condition() { return true }
      usleep(10_000)
    }
    return false
  }

  @Test func `A full queue is answered 503 with Retry-After, and what waits is served`() throws {
    let server = try ModelServer(repository: { $0.policy.maxQueueSize = 2 })
    let queue = try server.server.repository.served("scale", version: nil).queue
    let hold = try Hold(server.server.compute)
    let clients = try (0..<2).map { _ in try server.server.connect() }
    for client in clients { try client.send(Self.request()) }
    #expect(eventually { queue.depth == 2 })
    let refused = try server.server.exchange(Self.request())
    #expect(refused.status == 503)
    #expect(refused["retry-after"] == "1")
    #expect(refused.error.contains("2 requests wait for this model already"))
    hold.release()
    for client in clients { #expect(try client.readResponse().status == 200) }
    #expect(queue.statistics.current.executionCount == 1, "both were joined")
  }

  @Test(arguments: [#","parameters":{"timeout":20000}"#, #","parameters":{"timeout":"20000"}"#])
  func `A request's own deadline is answered 504 while the machine is busy with others`(more: String) throws {
    let server = try ModelServer()
    let hold = try Hold(server.server.compute)
    // The answer comes although no thread that computes is free.
    let late = try server.server.exchange(Self.request(more))
    #expect(late.status == 504)
    #expect(late.error.contains("in the model's queue, longer than it was allowed to"))
    hold.release()
  }

  @Test func `Who says nothing gets the model's deadline, and 0 means the same`() throws {
    let server = try ModelServer(repository: { $0.policy.defaultTimeout = .milliseconds(20) })
    let hold = try Hold(server.server.compute)
    #expect(try server.server.exchange(Self.request()).status == 504)
    #expect(try server.server.exchange(Self.request(#","parameters":{"timeout":0}"#)).status == 504)
    hold.release()
  }

  @Test func `A client that leaves makes room, is not computed for, and is counted`() throws {
    let server = try ModelServer(repository: { $0.policy.maxQueueSize = 1 })
    let queue = try server.server.repository.served("scale", version: nil).queue
    let hold = try Hold(server.server.compute)
    let (leaving, staying) = (try server.server.connect(), try server.server.connect())
    try leaving.send(Self.request())
    #expect(eventually { queue.depth == 1 })
    leaving.reset()
    // Refused until the server has seen that the other has left.
    let isTaken = try eventually {
      let refusals = queue.statistics.current.rejectedCount
      try staying.send(Self.request())
      _ = eventually {
        queue.statistics.current.rejectedCount > refusals || queue.statistics.current.cancelledCount > 0
      }
      if queue.statistics.current.cancelledCount > 0 { return true }
      #expect(try staying.readResponse().status == 503)
      return false
    }
    #expect(isTaken)
    hold.release()
    #expect(try staying.readResponse().status == 200)
    #expect(queue.statistics.current.cancelledCount == 1)
    #expect(queue.statistics.current.inferenceCount == 1)
  }
}
