import CAllocationCount
import Logging
import Testing
import UpconvHTTP
import UpconvRepository
import UpconvScheduling

@testable import UpconvService

/// What a small request takes from the heap on its way from bytes to bytes. In debug mode Swift keeps on the heap what the
/// optimiser puts elsewhere, so what ships is measured.
@Suite struct RequestAllocationTests {
  private static let isCounted: Bool = {
    #if DEBUG
      false
    #else
      upconv_allocation_count() >= 0
    #endif
  }()

  /// Parses, decides, encodes, `count` times; answers the allocations of one.
  private func allocations(_ text: String, _ count: Int = 100) throws -> Double {
    let bytes = Array(text.utf8)
    let repository = ModelRepository(
      RepositoryConfiguration(), compute: ComputeQueue(width: 1, maxWaiting: 1),
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    repository.start()
    repository.waitUntilLoaded()
    let service = Service(
      ServiceConfiguration(), repository: repository, observation: Observation(eventLoops: 1))
    var parser = RequestParser(limits: HTTPLimits())
    let date = HTTPDate(secondsSince1970: 0)
    var output: [UInt8] = []
    output.reserveCapacity(1 << 16)
    var before = 0
    // Once more than is counted: the first makes what is kept.
    for index in 0...count {
      if index == 1 { before = upconv_allocation_count() }
      output.removeAll(keepingCapacity: true)
      let step = try bytes.withUnsafeBytes { try parser.next($0) }
      guard case .head(let head) = step.event, case .respond(let response) = service.begin(head, from: .none) else {
        Issue.record("no answer")
        return 0
      }
      _ = ResponseEncoder.appendHead(
        of: response, method: head.method, version: head.version, keepsAlive: true, date: date, to: &output)
      if case .bytes(let content) = response.content { output += content }
      guard case .end = try parser.next(UnsafeRawBufferPointer(start: nil, count: 0)).event else { break }
    }
    let after = upconv_allocation_count()
    #expect(output.starts(with: "HTTP/1.1 200 OK".utf8))
    return Double(after - before) / Double(count)
  }

  @Test(.enabled(if: isCounted))
  func `A question for health takes its fields and their table from the heap`() throws {
    let count = try allocations("GET /v2/health/live HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(count <= 2)
  }

  @Test(.enabled(if: isCounted))
  func `A browser's head takes two more, however many fields it has`() throws {
    let fields = (0..<20).map { "X-Field-\($0): a value that is longer than a small string, \($0)\r\n" }.joined()
    let head = "GET /v2/health/ready HTTP/1.1\r\nHost: upconv.example.org\r\nConnection: keep-alive\r\n\(fields)\r\n"
    // One for the path, which is longer than a small string, and one for the members of Connection.
    let count = try allocations(head)
    #expect(count <= 4)
  }
}
