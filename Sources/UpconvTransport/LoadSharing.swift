import Glibc
import Synchronization
import UpconvSystem

/// What an event loop lately took of a processor: measured by the loop, read by the others.
struct LoopLoad: Equatable {
  /// Thousandths of one processor.
  var perMille: Int
  /// How long it worked, on the average, before it looked again who can go on.
  var microsecondsPerRound: Int
  /// Whether large pieces of content were read or written, each of which takes longer than many small requests, or other
  /// threads of the process worked, beside which a loop with much to do waits for its turn on a processor.
  var isBesideLongWork = false

  /// Whether those who share a loop with others do not wait long for them.
  var isQuick: Bool { microsecondsPerRound <= LoopLoad.maxMicrosecondsPerQuickRound && !isBesideLongWork }

  private static let maxMicrosecondsPerQuickRound = 150

  /// The part of `perMille` that is not falling asleep and waking: what is left of it where there is always work.
  var perMilleAwake: Int {
    perMille * max(0, microsecondsPerRound - LoopLoad.microsecondsPerSleep) / max(1, microsecondsPerRound)
  }

  /// What it takes of a processor to wait in the system until something happens. Measured with tiny requests: 12.4 µs of
  /// processor time each on two loops that are half idle, 8 on one that never is.
  private static let microsecondsPerSleep = 4

  static let none = LoopLoad(perMille: 0, microsecondsPerRound: 0)
}

/// Connections that are to go to another loop, each as soon as it rests between two requests.
struct Handover: Equatable {
  enum Share { case half, all }

  let share: Share
  /// The number of the loop that they go to.
  let receiver: Int
}

/// Measures an event loop's load, and says when connections should change loops.
///
/// As few loops as can bear the load serve it. A loop that always finds work takes it in long rounds without ever
/// falling asleep; two that are half idle wake and sleep for each request, which costs more than a tiny request itself
/// (docs/performance.md). A loop that has no time left hands half of its connections to one that has, where a
/// processor stands idle.
struct LoadSharing {
  /// How long a load is measured.
  private static let window = Duration.milliseconds(100)
  /// Windows in a row that must say the same.
  private static let windowsUntilSure = 2
  /// From here on a loop has no time left.
  private static let busyPerMille = 900
  /// What two loops may take together to be one. Below `busyPerMille`, so that they do not part again.
  private static let fitsOnePerMille = 850
  /// What threads that are no loops take of a processor while they compute something that counts.
  private static let computingPerMille = 200
  /// A loop that takes less has nothing to do, and one that takes more has much.
  private static let (restingPerMille, restlessPerMille) = (20, 200)
  /// Of how many thousandths of a processor a loop could make use, and how few are none.
  private static let (idlePerMilleOfUse, scarcePerMille) = (300, 200)

  private let loop: Int
  private(set) var windowStart: Moment
  private var timesAtStart: ProcessorTimes
  private var rounds = 0
  private var last: Handover?
  private var windowsInARow = 0
  private var idleTime: IdleProcessorTime?

  init(loop: Int, now: Moment, times: ProcessorTimes = .now) {
    self.loop = loop
    windowStart = now
    timesAtStart = times
  }

  mutating func countRound() { rounds += 1 }

  func isWindowOver(at now: Moment) -> Bool { now - windowStart >= LoadSharing.window }

  /// Ends the window: tells the others the load in it, and says what is to be done with the connections that were served
  /// in it.
  /// - Parameters:
  ///   - hasLargePieces: whether large pieces of content were read or written in it.
  ///   - loads: where each loop's load stands.
  ///   - times: now.
  mutating func endWindow(
    at now: Moment, hasLargePieces: Bool, loads: [SharedLoad], times: ProcessorTimes = .now
  ) -> Handover? {
    var all = loads.map(\.load)
    let length = now - windowStart
    let ownTime = times.thread - timesAtStart.thread
    let processPerMille = Int((times.process - timesAtStart.process) / length * 1000)
    all[loop] = LoopLoad(
      perMille: Int(ownTime / length * 1000), microsecondsPerRound: Int(ownTime / .microseconds(1)) / max(1, rounds))
    let isComputing = processPerMille - all.reduce(0) { $0 + $1.perMille } >= LoadSharing.computingPerMille
    all[loop].isBesideLongWork = hasLargePieces || isComputing
    (windowStart, timesAtStart, rounds) = (now, times, 0)
    loads[loop].store(all[loop])
    let own = all[loop]
    let idle = idlePerMille(
      if: own.perMille >= LoadSharing.busyPerMille || own.isQuick && own.perMille >= LoadSharing.restlessPerMille)
    let wish =
      LoadSharing.union(of: loop, all, idlePerMille: idle) ?? LoadSharing.division(of: loop, all, idlePerMille: idle)
      ?? LoadSharing.separation(of: loop, all)
    windowsInARow = wish == last ? windowsInARow + 1 : 1
    last = wish
    guard windowsInARow >= LoadSharing.windowsUntilSure else { return nil }
    windowsInARow = 0
    return wish
  }

  /// All to a loop before this one, where both are one loop's work and quick. The last loop goes first.
  ///
  /// Where no processor is idle, as on a small machine beside its clients, loops keep each other, and whoever calls them,
  /// from working by falling asleep and waking: then only what is left without that counts.
  /// - Parameter idlePerMille: of all processors together; nil if it is not known.
  static func union(of loop: Int, _ loads: [LoopLoad], idlePerMille: Int? = nil) -> Handover? {
    let own = loads[loop]
    guard own.perMille > 0, own.isQuick, loads[(loop + 1)...].allSatisfy({ $0.perMille == 0 }) else { return nil }
    let isScarce = idlePerMille.map { $0 <= scarcePerMille } ?? false
    let receiver = loads[..<loop].firstIndex { other in
      let sum = isScarce ? other.perMilleAwake + own.perMilleAwake : other.perMille + own.perMille
      return sum <= fitsOnePerMille && other.isQuick
    }
    return receiver.map { Handover(share: .all, receiver: $0) }
  }

  /// Half of them to the loop that has most time, where this one has none left.
  static func division(of loop: Int, _ loads: [LoopLoad], idlePerMille: Int?) -> Handover? {
    guard loads[loop].perMille >= busyPerMille, let idlePerMille, idlePerMille >= idlePerMilleOfUse,
      let receiver = loads.indices.min(by: { loads[$0].perMille < loads[$1].perMille }),
      loads[receiver].perMille <= busyPerMille / 2
    else { return nil }
    return Handover(share: .half, receiver: receiver)
  }

  /// Half of them to a loop that has nothing to do, where they are kept from their turn by long work.
  static func separation(of loop: Int, _ loads: [LoopLoad]) -> Handover? {
    guard loads[loop].isBesideLongWork, loads[loop].perMille >= restlessPerMille,
      let receiver = loads.firstIndex(where: { $0.perMille <= restingPerMille })
    else { return nil }
    return Handover(share: .half, receiver: receiver)
  }

  /// How much of all processors was idle since the last window that asked; nil in the first, which only begins to count.
  private mutating func idlePerMille(if isAsked: Bool) -> Int? {
    guard isAsked else {
      idleTime = nil
      return nil
    }
    guard let now = IdleProcessorTime.now else { return 1000 }
    defer { idleTime = now }
    return idleTime.map { now.perMille(since: $0) }
  }
}

/// What the calling thread, and all threads of the process, have taken of processors so far.
struct ProcessorTimes {
  var thread: Duration
  var process: Duration

  static var now: ProcessorTimes {
    ProcessorTimes(thread: time(CLOCK_THREAD_CPUTIME_ID), process: time(CLOCK_PROCESS_CPUTIME_ID))
  }

  private static func time(_ clock: clockid_t) -> Duration {
    var time = timespec()
    clock_gettime(clock, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
  }
}

/// The load of one loop, where the others see it.
final class SharedLoad: Sendable {
  private let perMille = Atomic(0)
  private let microsecondsPerRound = Atomic(0)
  private let isBesideLongWork = Atomic(false)

  var load: LoopLoad {
    LoopLoad(
      perMille: perMille.load(ordering: .relaxed), microsecondsPerRound: microsecondsPerRound.load(ordering: .relaxed),
      isBesideLongWork: isBesideLongWork.load(ordering: .relaxed))
  }

  func store(_ load: LoopLoad) {
    perMille.store(load.perMille, ordering: .relaxed)
    microsecondsPerRound.store(load.microsecondsPerRound, ordering: .relaxed)
    isBesideLongWork.store(load.isBesideLongWork, ordering: .relaxed)
  }
}
