import UpconvSystem
import UpconvTensor

/// The requests of one queue in their order, and how many runs are on the way to them. A plain value: the queue guards
/// it with a lock.
///
/// Every request asks once for a run: at once, or after it has waited for company. A run takes one request at least. So
/// that none is forgotten, as many runs and askings are to come as there are requests.
struct WaitingRequests {
  struct Request: Sendable {
    let identity: Int
    let work: InferenceWork
    let arrival: Moment
  }

  var requests: [Request] = []
  private var nextIdentity = 0
  /// Requests that have not asked for their run.
  private var askings = 0
  /// Runs that were asked for and have not begun.
  private var runs = 0
  /// When the earliest of the timers rings that look for expired requests.
  private var armedExpiry: Moment?

  /// Images of all requests.
  var images: Int { requests.reduce(0) { $0 + ($1.work.input.shape.dimensions.first ?? 1) } }

  /// - Returns: what the request is known by from here on.
  mutating func append(_ work: InferenceWork) -> Int {
    nextIdentity += 1
    askings += 1
    requests.append(Request(identity: nextIdentity, work: work, arrival: .now))
    return nextIdentity
  }

  /// A request asks for its run.
  /// - Returns: whether a further one has to be begun.
  mutating func needsRun() -> Bool {
    askings -= 1
    guard runs < requests.count else { return false }
    runs += 1
    return true
  }

  /// A run that was asked for begins.
  mutating func beginRun() { runs -= 1 }

  /// A run that was asked for finds no room.
  /// - Returns: who has to do without: the one that asked, if it waits still.
  mutating func giveUpRun(for identity: Int) -> Request? {
    runs -= 1
    if let index = requests.firstIndex(where: { $0.identity == identity }) { return requests.remove(at: index) }
    return isForgotten ? requests.popLast() : nil
  }

  /// Whether requests wait that nobody would come for.
  var isForgotten: Bool { runs + askings < requests.count }

  /// Takes away those whose clients have gone; their number.
  mutating func removeCancelled() -> Int {
    let count = requests.count
    requests.removeAll { $0.work.cancellation.isCancelled }
    return count - requests.count
  }

  mutating func removeExpired(_ now: Moment) -> [Request] {
    let isExpired: (Request) -> Bool = { request in request.work.deadline.map { $0 <= now } ?? false }
    let expired = requests.filter(isExpired)
    if !expired.isEmpty { requests.removeAll(where: isExpired) }
    return expired
  }

  /// When a timer has to ring for a request that has come; nil if one rings early enough.
  mutating func nextExpiry(after deadline: Moment?) -> Moment? {
    guard let deadline, deadline < armedExpiry ?? deadline + .nanoseconds(1) else { return nil }
    armedExpiry = deadline
    return deadline
  }

  /// When a timer has to ring next, now that one has; nil if none has to.
  mutating func nextExpiry(now: Moment) -> Moment? {
    if let armed = armedExpiry, armed <= now { armedExpiry = nil }
    return nextExpiry(after: requests.compactMap(\.work.deadline).min())
  }
}
