import Synchronization
import UpconvSystem

/// What is known of a request's work before its content has come.
package struct ExpectedWork: Sendable {
  /// Work of one kind takes a time that grows with its content: the path of its resource.
  package let kind: String
  package let contentBytes: Int

  package init(kind: String, contentBytes: Int) {
    self.kind = kind
    self.contentBytes = contentBytes
  }
}

/// How far the content of announced work has come; the queue looks at it when other work comes.
final class AnnouncedProgress: Sendable {
  let receivedBytes = Atomic(0)
}

/// The work that is announced to one queue. A plain value: the queue guards it with a lock.
struct Announcements {
  private struct Entry {
    let bytes: Int
    let run: Duration
    let start: Moment
  }

  /// Content counts as far as this many bytes beyond those that have come.
  private static let nearBytes = Double(1 << 20)

  private var entries: [ObjectIdentifier: (progress: AnnouncedProgress, entry: Entry)] = [:]

  /// - Parameter run: how long it is expected to run.
  mutating func add(_ progress: AnnouncedProgress, bytes: Int, run: Duration, now: Moment) {
    entries[ObjectIdentifier(progress)] = (progress, Entry(bytes: bytes, run: run, start: now))
  }

  mutating func remove(_ progress: AnnouncedProgress) { entries[ObjectIdentifier(progress)] = nil }

  /// Returns how many will want a worker soon, and how long they will run together. Content that is new counts for
  /// `patience`; later only if, at the rate at which it has come, it is whole within `horizon`: who announces much and
  /// sends nothing keeps nobody else out. O(announced).
  func load(now: Moment, patience: Duration, horizon: Duration) -> (count: Int, run: Duration) {
    var load = (count: 0, run: Duration.zero)
    for (progress, entry) in entries.values {
      let age = now - entry.start
      if age > patience {
        let received = progress.receivedBytes.load(ordering: .relaxed)
        guard received > 0 else { continue }
        let missing = Double(max(0, entry.bytes - received)) / Double(received)
        guard (age / .seconds(1)) * missing <= horizon / .seconds(1) else { continue }
      }
      load.count += 1
      // What is far from being here will not be work soon: a client that announces much and sends little would else keep
      // others out by a few heads.
      let received = progress.receivedBytes.load(ordering: .relaxed)
      let near = Double(received) + Announcements.nearBytes
      load.run += entry.run * min(1, near / Double(max(1, entry.bytes)))
    }
    return load
  }
}

/// How long work of each kind runs for each byte of its content, of late. A plain value.
struct RunRates {
  /// Smoothed over about eight pieces of work, in seconds.
  private var secondsPerByte: [String: Double] = [:]
  /// Models and endpoints that are told apart; of others nothing is known.
  private static let maxKinds = 256

  mutating func note(_ work: ExpectedWork, ran duration: Duration) {
    let rate = (duration / .seconds(1)) / Double(max(1, work.contentBytes))
    if let before = secondsPerByte[work.kind] {
      secondsPerByte[work.kind] = before + (rate - before) / 8
    } else if secondsPerByte.count < RunRates.maxKinds {
      secondsPerByte[work.kind] = rate
    }
  }

  /// Returns nil if no work of the kind has run.
  func run(_ work: ExpectedWork) -> Duration? {
    // Bounded, so that sums of them cannot overflow.
    secondsPerByte[work.kind].map { .seconds(min($0 * Double(work.contentBytes), 86_400)) }
  }
}
