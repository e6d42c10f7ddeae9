import Synchronization
import UpconvSystem

/// Counts requests by who sends them, in a table that never grows.
///
/// A key has its place in one of the table's sets, by a hash with a seed of this process, so that nobody can choose keys
/// that meet. Where a set is full, whoever owes least makes room: to be forgotten, a sender would have to let many others
/// send more than itself.
package final class RateLimiter: Sendable {
  /// Who is counted.
  struct Key: Hashable {
    var high: UInt64
    var low: UInt64
  }

  private struct Entry {
    var key = Key(high: 0, low: 0)
    /// As `CellRate` has it; 0, which is past, where the place is free.
    var arrival: Int64 = 0
  }

  let rate: RequestRate
  private let cells: CellRate
  private let setCount: Int
  private let entries: Mutex<[Entry]>
  private let start: Moment

  private static let entriesPerSet = 8

  /// - Parameter setCount: sets of eight; 32,768 senders, in 768 KiB, unless told otherwise.
  init(_ rate: RequestRate, setCount: Int = 4096, start: Moment = .now) {
    self.rate = rate
    self.setCount = setCount
    self.start = start
    cells = CellRate(rate)
    entries = Mutex(Array(repeating: Entry(), count: setCount * RateLimiter.entriesPerSet))
  }

  /// Senders that can be told apart at one time.
  var capacity: Int { setCount * RateLimiter.entriesPerSet }

  /// Counts a request; nil if it may go on, else the whole seconds, at least one, after which the next one may.
  func count(_ key: Key, at now: Moment = .now) -> Int? {
    let now = Int64(max(0, now.nanoseconds(since: start)))
    let first = Int(UInt(bitPattern: key.hashValue) % UInt(setCount)) * RateLimiter.entriesPerSet
    let early = entries.withLock { entries in
      var place = first
      for index in first..<first + RateLimiter.entriesPerSet {
        if entries[index].key == key { return cells.count(&entries[index].arrival, at: now) }
        if entries[index].arrival < entries[place].arrival { place = index }
      }
      entries[place] = Entry(key: key)
      return cells.count(&entries[place].arrival, at: now)
    }
    return early.map { Int(max(1, ($0 + 999_999_999) / 1_000_000_000)) }
  }
}
