import Foundation
import Logging
import Synchronization
import Testing
import UpconvMetrics
import UpconvModels
import UpconvPictures
import UpconvRepository
import UpconvScheduling
import UpconvTensor

@testable import UpconvTensorBoard

@Suite struct TensorBoardRecorderTests {
  private static let models = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Examples/models").path

  /// Lines of the log, counted.
  private final class Lines: Sendable { let count = Atomic(0) }

  private struct CountingHandler: LogHandler {
    let lines: Lines
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }
    func log(event: LogEvent) { lines.count.add(1, ordering: .relaxed) }
  }

  private static let repository: ModelRepository = {
    var configuration = RepositoryConfiguration()
    configuration.root = models
    let repository = ModelRepository(
      configuration, compute: ComputeQueue(width: 1, maxWaiting: 1),
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    repository.start()
    repository.waitUntilLoaded()
    return repository
  }()

  private func recorder(in folder: String, share: Double = 1, _ lines: Lines = Lines()) throws -> TensorBoardRecorder {
    var settings = RecordingSettings(directory: folder)
    settings.share = share
    settings.interval = .seconds(3600)
    return try TensorBoardRecorder(
      settings,
      RecordingSources(
        requests: RequestMetrics(shards: 1), computingRoutes: [], operationRoute: "",
        models: { Self.repository.allServed }),
      logger: Logger(label: "test") { _ in CountingHandler(lines: lines) })
  }

  private func answer(_ elements: [Float] = [1, 2, 3, 4]) throws -> RecordedAnswer {
    let served = try Self.repository.served("gist", version: nil)
    let tensor = try #require(Tensor(dimensions: [1, 2, elements.count / 2, 1], elements: elements))
    return RecordedAnswer(tensor, from: .model(served), channels: .last)
  }

  private func events(in folder: String) throws -> [[UInt8]] {
    try FileManager.default.contentsOfDirectory(atPath: folder).flatMap { try records(of: "\(folder)/\($0)") }
  }

  @Test func `Stopping writes what waits: graphs, scalars, histogram and picture`() throws {
    try withTemporaryFolder { folder in
      let recorder = try recorder(in: folder)
      let answer = try answer()
      recorder.consider(answer)
      recorder.stop()
      #expect(recorder.counts.recordedAnswers == 1 && recorder.counts.failedEvents == 0)
      let gist = try events(in: folder + "/gist/1")
      func count(_ text: String) -> Int { gist.filter { $0.contains(Array(text.utf8)) }.count }
      #expect(count("Conv2DBackpropInput") == 1)
      #expect(count("throughput/images_per_second") == 1)
      #expect(count("IHDR") == 1)
      // Of a model without a request: no latency, but its graph.
      let other = try events(in: folder + "/pix2pix_up7/1")
      #expect(other.contains { $0.contains(Array("Placeholder".utf8)) })
      #expect(!other.contains { $0.contains(Array("latency".utf8)) })
    }
  }

  @Test func `A model that is unloaded and loaded again keeps to its four files`() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let isLoaded = Switch(true)
    let settings = RecordingSettings(directory: folder)
    let log = try RecordingLog(
      settings,
      RecordingSources(
        requests: RequestMetrics(shards: 1), computingRoutes: [], operationRoute: "",
        models: { isLoaded.value.load(ordering: .relaxed) ? Self.repository.allServed : [] }),
      counts: RecordingCounts(), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    for round in 0..<20 {
      isLoaded.value.store(round % 2 == 0, ordering: .relaxed)
      log.recordRates()
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/gist/1").count <= 4)
  }

  private final class Switch: Sendable {
    let value: Atomic<Bool>

    init(_ isOn: Bool) { value = Atomic(isOn) }
  }

  @Test func `A share of nothing is never taken`() throws {
    try withTemporaryFolder { folder in
      let recorder = try recorder(in: folder, share: 0)
      let answer = try answer()
      for _ in 0..<1000 { recorder.consider(answer) }
      recorder.stop()
      #expect(recorder.counts.recordedAnswers == 0 && recorder.counts.passedOverAnswers == 0)
    }
  }

  @Test func `Answers beyond the backlog are passed over and counted, not waited for`() throws {
    let backlog = AnswerBacklog()
    let answer = try answer()
    let taken = (0..<100).filter { _ in backlog.append(answer) }.count
    #expect(taken == 32 && backlog.passedOverCount == 68)
    #expect(backlog.takeFirst() != nil && backlog.append(answer) && !backlog.append(answer))
  }

  @Test func `A large answer waits alone`() throws {
    let backlog = AnswerBacklog()
    let large = try answer([Float](repeating: 1, count: 17 << 20))
    let small = try answer()
    #expect(backlog.append(large) && !backlog.append(small))
    #expect(backlog.takeFirst() != nil && backlog.append(small) && !backlog.append(large))
  }

  @Test func `What cannot be written is counted, and logged once`() throws {
    try withTemporaryFolder { folder in
      let lines = Lines()
      // Where the model's folder should be there is a file.
      try Data().write(to: URL(fileURLWithPath: folder + "/gist"))
      let recorder = try recorder(in: folder, lines)
      let answer = try answer()
      for _ in 0..<5 { recorder.consider(answer) }
      while recorder.counts.recordedAnswers < 5 { usleep(1000) }
      #expect(recorder.counts.failedEvents >= 10)
      // Other runs are well, which is no news.
      recorder.stop()
      #expect(recorder.counts.writtenEvents > 0 && lines.count.load(ordering: .relaxed) == 1)
    }
  }

  @Test func `A folder that takes no files is refused at the start`() {
    #expect(throws: EventFileError.self) { try recorder(in: "/proc/no/such") }
  }

  @Test func `A model's graph is what TensorFlow would draw`() throws {
    let model = try Self.repository.served("gist", version: nil).model
    let nodes = ModelGraph(model).nodes
    #expect(nodes.map(\.operation).prefix(3) == ["Placeholder", "VariableV2", "Conv2DBackpropInput"])
    let convolution = try #require(nodes.first { $0.operation == "Conv2DBackpropInput" })
    #expect(convolution.inputs == [nodes[1].name, nodes[0].name])
    #expect(Set(nodes.map(\.name)).count == nodes.count)
    for node in nodes { for input in node.inputs { #expect(nodes.contains { $0.name == input }) } }
  }
}
