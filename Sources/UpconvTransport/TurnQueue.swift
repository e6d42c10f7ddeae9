/// Connections of one event loop that wait for a turn: first come, first served, each at one place.
struct TurnQueue {
  private var tokens: [UInt64] = []
  /// Where the first that still waits stands.
  private var first = 0
  private var members: Set<UInt64> = []

  var isEmpty: Bool { members.isEmpty }
  var count: Int { members.count }

  /// Appends a connection, unless it waits already.
  mutating func append(_ token: UInt64) {
    if members.insert(token).inserted { tokens.append(token) }
  }

  /// Removes the connection that has waited longest, and returns it.
  mutating func popFirst() -> UInt64? {
    guard first < tokens.count else { return nil }
    let token = tokens[first]
    first += 1
    members.remove(token)
    // Amortised: at least as many were taken as are moved now.
    if first * 2 >= tokens.count {
      tokens.removeFirst(first)
      first = 0
    }
    return token
  }
}
