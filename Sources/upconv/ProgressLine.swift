import Glibc
import Synchronization
import UpconvSystem

/// A line on a terminal that says how far a long work has come, drawn in place; nothing if standard error is none.
final class ProgressLine: Sendable {
  private let isShown: Bool
  private let doing: String
  private let total: Int
  private let done = Atomic<Int>(0)
  private let start = Moment.now
  /// When the line is drawn next, in nanoseconds.
  private let nextDraw: Atomic<Int64>

  private static let patience = Duration.milliseconds(500)
  private static let interval = Duration.milliseconds(100)

  /// - Parameters:
  ///   - doing: such as `computing`.
  ///   - total: steps.
  ///   - isWanted: false if standard output goes to the same terminal.
  init(_ doing: String, total: Int, isWanted: Bool = true) {
    self.doing = doing
    self.total = max(1, total)
    isShown = isWanted && isatty(STDERR_FILENO) == 1
    nextDraw = Atomic((Moment.now + ProgressLine.patience).nanoseconds)
  }

  /// Counts steps, from any thread. Short works draw nothing.
  func advance(by steps: Int = 1) {
    let done = done.wrappingAdd(steps, ordering: .relaxed).newValue
    guard isShown else { return }
    let now = Moment.now
    let due = nextDraw.load(ordering: .relaxed)
    guard now.nanoseconds >= due,
      nextDraw.compareExchange(
        expected: due, desired: (now + ProgressLine.interval).nanoseconds, ordering: .relaxed
      ).exchanged
    else { return }
    let share = min(1, Double(done) / Double(total))
    let bar = Int(share * 30)
    let seconds = Double(now.nanoseconds(since: start)) * 1e-9
    let left = share > 0 ? Int((seconds / share - seconds).rounded(.up)) : 0
    OutputFile.standardError.draw(
      "\r\(doing) [\(String(repeating: "#", count: bar))\(String(repeating: ".", count: 30 - bar))] "
        + "\(Int(share * 100))%, about \(left) s left\u{1B}[K")
  }

  /// Takes the line away.
  func end() {
    guard isShown, Moment.now - start >= ProgressLine.patience else { return }
    OutputFile.standardError.draw("\r\u{1B}[K")
  }
}
