import Dispatch
import Foundation
import Logging
import Synchronization
import Testing
import UpconvModels
import UpconvRepository
import UpconvScheduling
import UpconvTensor
import UpconvTestSupport

/// A repository over a folder, loaded, with what tests ask of it.
final class RunningRepository {
  let repository: ModelRepository
  let errors = ErrorLog()

  init(_ folder: ModelFolder, _ change: (inout RepositoryConfiguration) -> Void = { _ in }) {
    var configuration = RepositoryConfiguration()
    configuration.root = folder.path
    change(&configuration)
    let log = errors
    let logger = Logger(label: "test") { _ in log }
    repository = ModelRepository(configuration, compute: ComputeQueue(width: 2, maxWaiting: 64), logger: logger)
    repository.start()
    repository.waitUntilLoaded()
  }

  /// What a model makes of a pixel of 1: its weight.
  func weight(_ name: String, version: Int? = nil) throws -> Float {
    let served = try repository.served(name, version: version)
    return try served.model.run(Tensor(dimensions: [1, 1, 1, 1], elements: [1])!).elements[0]
  }

  /// `name/version STATE reason`, a line each.
  var index: [String] {
    repository.index.map { status in
      [status.name + (status.version.map { "/\($0)" } ?? ""), status.state.rawValue, status.reason]
        .filter { !$0.isEmpty }.joined(separator: " ")
    }
  }

  func load(_ name: String) -> RepositoryError? {
    let failure = Mutex<RepositoryError?>(nil)
    repository.load(name) { error in failure.withLock { $0 = error } }
    repository.waitUntilLoaded()
    return failure.withLock { $0 }
  }

  /// Waits until something comes true that a poll brings about; long, for machines that are busy.
  func eventually(_ condition: () -> Bool) -> Bool {
    for _ in 0..<3000 {
      if condition() { return true }
      usleep(10_000)
    }
    return false
  }
}

/// Keeps what is logged as an error, and what is said of each model that is loaded.
final class ErrorLog: LogHandler, @unchecked Sendable {
  // SAFETY: the one thing that changes is behind a lock; the rest of the protocol's state is never changed.
  private let messages = Mutex<[String]>([])
  private let loads = Mutex<[String]>([])
  var metadata: Logger.Metadata = [:]
  var logLevel = Logger.Level.info

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  var lines: [String] { messages.withLock { $0 } }

  /// `level model: weights` of each model that was loaded.
  var loadedModels: [String] { loads.withLock { $0 } }

  func log(event: LogEvent) {
    if event.message == "loaded a model", let metadata = event.metadata {
      let line = "\(event.level) \(metadata["model"] ?? ""): \(metadata["weights"] ?? "")"
      loads.withLock { $0.append(line) }
    }
    guard event.level >= .error else { return }
    let line = "\(event.message): \(event.metadata?["reason"].map { "\($0)" } ?? "")"
    messages.withLock { $0.append(line) }
  }
}
