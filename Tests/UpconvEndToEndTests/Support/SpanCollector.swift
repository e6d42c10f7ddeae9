import Foundation
import Logging
import Synchronization
import UpconvHTTP
import UpconvScheduling
import UpconvTracing
import UpconvTransport

/// Takes spans as a collector does: OTLP over HTTP in JSON, on a port of its own.
final class SpanCollector {
  struct Span {
    let name: String
    let trace: String
    let identity: String
    let parent: String?
    let start: Int
    let end: Int
    var nanoseconds: Int { end - start }
  }

  private let handler = Handler()
  private let server: Server
  let exporter: SpanExporter

  init() throws {
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    var configuration = ServerConfiguration()
    configuration.port = 0
    configuration.eventLoops = 1
    server = try Server(
      configuration: configuration, handler: handler, compute: ComputeQueue(width: 1, maxWaiting: 1), logger: logger)
    guard let endpoint = CollectorEndpoint("http://127.0.0.1:\(server.port)") else {
      throw TestClient.Failure("endpoint")
    }
    exporter = SpanExporter(endpoint: endpoint, version: "test", logger: logger)
  }

  deinit {
    server.stop(grace: .seconds(5))
    server.waitUntilStopped()
  }

  /// The spans of one trace, in the order in which they were sent; waits for them.
  func spans(ofTrace trace: String) throws -> [Span] {
    for _ in 0..<200 {
      exporter.flush()
      let spans = try handler.documents.withLock { $0 }.flatMap(SpanCollector.spans).filter { $0.trace == trace }
      if !spans.isEmpty { return spans }
      usleep(10_000)
    }
    return []
  }

  private static func spans(_ document: [UInt8]) throws -> [Span] {
    let root = try JSONSerialization.jsonObject(with: Data(document)) as? [String: Any]
    let resources = root?["resourceSpans"] as? [[String: Any]] ?? []
    let scopes = resources.flatMap { $0["scopeSpans"] as? [[String: Any]] ?? [] }
    return scopes.flatMap { $0["spans"] as? [[String: Any]] ?? [] }.map { span in
      Span(
        name: span["name"] as? String ?? "", trace: span["traceId"] as? String ?? "",
        identity: span["spanId"] as? String ?? "", parent: span["parentSpanId"] as? String,
        start: Int(span["startTimeUnixNano"] as? String ?? "") ?? 0,
        end: Int(span["endTimeUnixNano"] as? String ?? "") ?? 0)
    }
  }

  private final class Handler: RequestHandler {
    let documents = Mutex<[[UInt8]]>([])

    func begin(_ head: RequestHead, from peer: NetworkAddress) -> Decision { .receive(Receiver(self)) }
    func refuse(_ refusal: Refusal, to head: RequestHead?) -> Response { Response(status: .badRequest) }
  }

  private final class Receiver: ContentReceiver {
    private let handler: Handler
    private var document: [UInt8] = []
    init(_ handler: Handler) { self.handler = handler }

    func receive(_ bytes: UnsafeRawBufferPointer) -> Response? {
      document += bytes
      return nil
    }

    func end() -> Outcome {
      handler.documents.withLock { $0.append(document) }
      return .respond(Response(status: .ok))
    }
  }
}
