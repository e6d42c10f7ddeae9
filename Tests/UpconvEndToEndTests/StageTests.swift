import Foundation
import Logging
import Synchronization
import Testing
import UpconvCompression
import UpconvRepository
import UpconvService

/// The stages of a request's way, as spans at a collector and as Server-Timing, on every way that there is.
@Suite struct StageTests {
  private static let models = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Examples/models").path

  /// One way through the service.
  enum Way: String, CaseIterable {
    case tiny, job, streamed, gzip, picture, infer, queued, predict, refused, safetensors

    var path: String {
      switch self {
      case .infer, .queued: "/v2/models/gist/infer"
      case .predict: "/v1/models/gist:predict"
      default: "/v1/conv2d_transpose"
      }
    }

    var type: String { self == .safetensors ? "application/vnd.safetensors" : "application/json" }

    var fields: [(String, String)] {
      switch self {
      case .gzip: [("Content-Encoding", "gzip"), ("Accept-Encoding", "gzip")]
      case .picture: [("Accept", "image/png")]
      default: []
      }
    }

    var status: Int { self == .refused ? 400 : 200 }

    /// In their order; those known when the head is sent.
    var shown: [String] {
      switch self {
      case .tiny, .infer, .predict, .safetensors: ["read", "parse", "compute", "encode"]
      case .job, .streamed, .picture, .queued: ["read", "parse", "queue", "compute", "encode"]
      case .gzip: ["read", "inflate", "parse", "queue", "compute", "encode"]
      case .refused: ["read", "parse"]
      }
    }

    func content() throws -> [UInt8] {
      func tensor(_ shape: [Int]) -> String {
        let numbers = [String](repeating: "0.5", count: shape.reduce(1, *)).joined(separator: ",")
        return #"{"shape":\#(shape),"data":[\#(numbers)]}"#
      }
      func operation(_ input: [Int], _ filters: [Int]) -> [UInt8] {
        Array(#"{"input":\#(tensor(input)),"filters":\#(tensor(filters))}"#.utf8)
      }
      switch self {
      case .tiny: return operation([1, 2, 2, 1], [2, 2, 1, 1])
      case .job: return operation([1, 8, 8, 256], [3, 3, 4, 256])
      case .streamed: return operation([1, 160, 160, 1], [1, 1, 1, 1])
      case .gzip: return Deflater.gzip(operation([1, 160, 160, 1], [1, 1, 1, 1]))
      case .picture: return Array(#"{"input":[[[[1],[2]]]],"filters":[[[[1]]]],"strides":2}"#.utf8)
      case .infer, .queued:
        // A batch of 200 is no run for an event loop.
        let batch = self == .infer ? 3 : 200
        let ones = [String](repeating: "1", count: batch * 32).joined(separator: ",")
        return Array(#"{"inputs":[{"name":"x","shape":[\#(batch),4,4,2],"datatype":"FP32","data":[\#(ones)]}]}"#.utf8)
      case .predict:
        let row = "[" + [String](repeating: "[1,1]", count: 4).joined(separator: ",") + "]"
        let image = "[" + [String](repeating: row, count: 4).joined(separator: ",") + "]"
        return Array(#"{"instances":[\#(image)]}"#.utf8)
      case .refused: return Array(#"{"input":[[[[1]]]]}"#.utf8)
      case .safetensors:
        let header =
          #"{"input":{"dtype":"F32","shape":[1,1,1,1],"data_offsets":[0,4]},"#
          + #""filters":{"dtype":"F32","shape":[1,1,1,1],"data_offsets":[4,8]}}"#
        let length = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian, Array.init)
        return length + header.utf8 + [0, 0, 0x80, 0x3F, 0, 0, 0x80, 0x3F]
      }
    }
  }

  private func server(_ collector: SpanCollector) throws -> TestServer {
    var models = RepositoryConfiguration()
    models.root = StageTests.models
    return try TestServer(models: models, observation: { $0.spans = collector.exporter })
  }

  /// Sent by HTTP/1.1, then by HTTP/2; both must tell the same stages.
  @Test(arguments: Way.allCases)
  func `Spans of all stages hang on the request's, in order, and Server-Timing has what is known`(way: Way) throws {
    let collector = try SpanCollector()
    let server = try server(collector)
    for version in [1, 2] {
      let trace = "0af7651916cd43dd8448eb211c8031\(version)\(version)"
      let fields = way.fields + [("traceparent", "00-\(trace)-b7ad6b7169203331-01")]
      let (status, timing): (Int, String?)
      if version == 1 {
        let answer = try server.post(try way.content(), path: way.path, type: way.type, fields: fields)
        (status, timing) = (answer.status, answer["server-timing"])
      } else {
        let client = try HTTP2TestClient(port: server.port, settings: [(4, 1 << 20)])
        try client.acknowledgeSettings()
        let head = HTTP2TestClient.head("POST", way.path) + [("content-type", way.type)]
        try client.send(
          HTTP2TestClient.windowUpdate(stream: 0, 1 << 20)
            + HTTP2TestClient.headers(
              stream: 1, head + fields.map { ($0.0.lowercased(), $0.1) }, endsStream: false)
            + HTTP2TestClient.data(stream: 1, try way.content()))
        let answer = try client.readResponse(stream: 1)
        (status, timing) = (answer.status, answer["server-timing"])
      }
      #expect(status == way.status)
      let shown = try StageTests.parse(try #require(timing))
      #expect(shown.map(\.name) == way.shown)

      let spans = try collector.spans(ofTrace: trace)
      let request = try #require(spans.first)
      #expect(request.parent == "b7ad6b7169203331")
      let stages = spans.dropFirst()
      #expect(stages.map(\.name) == way.shown + ["write"])
      for stage in stages {
        #expect(stage.parent == request.identity)
        #expect(stage.start >= request.start && stage.end <= request.end, "\(stage.name)")
      }
      // A picture of little is planned before it waits for a thread, and computed after.
      for (earlier, later) in zip(stages, stages.dropFirst()) where way != .picture {
        #expect(earlier.start <= later.start, "\(earlier.name), \(later.name)")
      }
      #expect(stages.reduce(0) { $0 + $1.nanoseconds } <= request.nanoseconds)
      // What was known with the head is no more than what was known in the end.
      for (stage, span) in zip(shown, stages) { #expect(stage.microseconds <= span.nanoseconds / 1000, "\(stage)") }
    }
  }

  /// `name;dur=milliseconds, ...`
  private static func parse(_ value: String) throws -> [(name: String, microseconds: Int)] {
    try value.split(separator: ", ").map { metric in
      let match = try #require(try #/([a-z]+);dur=([0-9]+)\.([0-9]{3})/#.wholeMatch(in: metric))
      return (String(match.1), try #require(Int(match.2 + match.3)))
    }
  }

  @Test func `Answers to requests without content show no stages`() throws {
    let server = try TestServer()
    for path in ["/v2/health/live", "/metrics", "/v2"] {
      #expect(try server.exchange(TestRequest.get(path))["server-timing"] == nil)
    }
  }

  @Test func `Metrics have the stages, the layers, and contents with and without gzip`() throws {
    let collector = try SpanCollector()
    let server = try server(collector)
    let gzip = try Way.gzip.content()
    let answer = try server.post(gzip, path: Way.gzip.path, fields: Way.gzip.fields)
    for _ in 0..<2 { _ = try server.post(try Way.infer.content(), path: Way.infer.path) }
    let text = try server.exchange(TestRequest.get("/metrics")).text
    func value(_ series: String) throws -> Double {
      let line = try #require(text.split(separator: "\n").first { $0.hasPrefix(series + " ") }, "\(series)")
      return try #require(Double(line.dropFirst(series.count + 1)))
    }
    for (stage, count) in [("read", 3), ("inflate", 1), ("parse", 3), ("queue", 1), ("compute", 3), ("write", 3)] {
      #expect(
        try value(#"upconv_request_stage_duration_seconds_count{stage="\#(stage)"}"#) == Double(count), "\(stage)")
    }
    let coded = "upconv_coded_content_bytes_total"
    #expect(try value(coded + #"{direction="received",form="coded"}"#) == Double(gzip.count))
    let plain = try inflate(gzip)
    #expect(try value(coded + #"{direction="received",form="plain"}"#) == Double(plain.count))
    #expect(try value(coded + #"{direction="sent",form="coded"}"#) == Double(answer.content.count))
    #expect(try value(coded + #"{direction="sent",form="plain"}"#) == Double(try inflate(answer.content).count))
    let layers = text.split(separator: "\n").filter { $0.hasPrefix(#"upconv_layer_runs_total{model="gist""#) }
    #expect(!layers.isEmpty)
    #expect(layers.allSatisfy { $0.hasSuffix(" 2") }, "\(layers)")
    #expect(text.contains(#"upconv_model_rejections_total{model="gist",version="1",reason="no_room"} 0"#))
  }

  @Test func `A layer's times go with its model`() throws {
    var models = RepositoryConfiguration()
    models.root = StageTests.models
    models.mode = .explicit
    models.initialModels = ["*"]
    let server = try TestServer(models: models)
    #expect(try server.exchange(TestRequest.get("/metrics")).text.contains(#"upconv_layer_runs_total{model="gist""#))
    #expect(try server.post(Array("{}".utf8), path: "/v2/repository/models/gist/unload").status == 200)
    let text = try server.exchange(TestRequest.get("/metrics")).text
    #expect(!text.contains(#"upconv_layer_runs_total{model="gist""#))
    #expect(text.contains(#"upconv_layer_runs_total{model="pix2pix_up7""#))
  }

  @Test func `A request's line in the log has the microseconds of its stages`() throws {
    let lines = LogLines()
    let server = try TestServer(observation: {
      $0.logger = Logger(label: "test") { _ in LineHandler(lines: lines) }
      $0.slowDuration = .zero
    })
    _ = try server.exchange(TestRequest.tiny)
    var line: Logger.Metadata?
    for _ in 0..<500 where line == nil {
      line = lines.all.withLock { $0.first }
      usleep(2000)
    }
    let metadata = try #require(line)
    guard case .dictionary(let stages)? = metadata["stage_microseconds"] else {
      Issue.record("no stages: \(metadata)")
      return
    }
    #expect(Set(stages.keys) == ["read", "parse", "compute", "encode", "write"])
    let sum = stages.values.reduce(0) { $0 + (Int("\($1)") ?? .max / 8) }
    #expect(sum <= Int("\(metadata["microseconds"] ?? "")") ?? 0)
  }

  private final class LogLines: Sendable {
    let all = Mutex<[Logger.Metadata]>([])
  }

  private struct LineHandler: LogHandler {
    var logLevel: Logger.Level = .info
    var metadata: Logger.Metadata = [:]
    let lines: LogLines

    init(lines: LogLines) { self.lines = lines }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { lines.all.withLock { $0.append(event.metadata ?? [:]) } }
  }
}
