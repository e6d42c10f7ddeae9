import Foundation
import Testing

/// The real program under attack, with somebody honest beside the attackers.
///
/// Whatever the attack: the bystander is served, and memory and descriptors are back once it is over. The figures are
/// printed; none of them is a limit.
struct AttackedServer {
  let process: ServerProcess
  var port: UInt16 { process.port }

  init(_ arguments: [String] = []) throws {
    process = try ServerProcess(["--threads", "2"] + arguments)
    // Threads, arenas and queues come with the first requests, and stay.
    for _ in 0..<3 {
      _ = try process.exchange(TestRequest.post(SlowReaderTests.large, type: "application/vnd.safetensors"))
    }
  }

  /// - Parameter maxGrowthMiB: what may still be resident afterwards: the allocator's, not the attack's.
  func withstand(
    _ name: String, maxGrowthMiB: Int = 8, sourceLocation: SourceLocation = #_sourceLocation,
    _ attack: () throws -> Void
  ) throws {
    // Closed connections linger for two seconds; memory is given back after one of rest.
    sleep(4)
    let (memory, descriptors, processorTime) = (process.residentMiB, process.descriptors, process.processorSeconds)
    let bystander = try Bystander(port: port)
    let start = Date()
    try attack()
    let seconds = Date().timeIntervalSince(start)
    // An attack that is over at once was still an attack.
    usleep(50_000)
    let busy = process.processorSeconds - processorTime
    let (answered, failures, p99) = bystander.stop()
    #expect(failures == 0 && answered > 0, "\(name): \(answered) answered", sourceLocation: sourceLocation)
    #expect(
      ServerProcess.wait { process.descriptors <= descriptors },
      "\(name): \(descriptors) descriptors before, \(process.descriptors) after", sourceLocation: sourceLocation)
    let isBack = ServerProcess.wait(seconds: 20) { process.residentMiB <= memory + maxGrowthMiB }
    #expect(
      isBack, "\(name): \(memory) MiB before, \(process.residentMiB) MiB after", sourceLocation: sourceLocation)
    #expect(try process.exchange(TestRequest.tiny).text == TestRequest.tinyAnswer, sourceLocation: sourceLocation)
    print(
      "attack \"\(name)\": \(rounded(seconds)) s, \(rounded(busy)) s of processor;",
      "bystander: \(answered) answers, p99 \(rounded(p99)) ms;",
      "memory: \(memory) MiB before, \(process.residentMiB) after; descriptors: \(descriptors), \(process.descriptors)")
  }

  private func rounded(_ number: Double) -> Double { (number * 100).rounded() / 100 }

  /// What comes back on a connection of its own for these bytes, until the server closes.
  func responses(to bytes: [UInt8]) throws -> [TestResponse] {
    let client = try TestClient(port: port)
    // The server may have closed before all was sent.
    try? client.send(bytes)
    client.shutdownWriting()
    return client.readAllResponses()
  }
}
