import UpconvHTTP
import UpconvSystem

/// The connections of one event loop, each at a place whose number is a part of its token.
struct ConnectionTable {
  struct Place {
    fileprivate(set) var connection: (any ClientConnection)?
    /// A part of the token, so that an event or an answer for a connection that is gone finds nothing.
    fileprivate var generation: UInt32 = 0
    var interest: Poller.Interest = []
    /// Whether the connection was accepted beyond the limit.
    fileprivate(set) var isGuest = false
  }

  private var places: [Place] = []
  private var free: [Int] = []
  /// The number of places that each address holds.
  private var shares: [NetworkAddress: Int] = [:]

  /// Places, whether they are taken or free.
  var indices: Range<Int> { places.indices }

  /// Connections that are open.
  var count: Int { places.count - free.count }

  /// The place at an index.
  subscript(index: Int) -> Place {
    _read { yield places[index] }
    _modify { yield &places[index] }
  }

  /// Takes a free place, and returns the token of the connection that is to be put there.
  mutating func take() -> (index: Int, token: UInt64) {
    let index: Int
    if let last = free.popLast() {
      index = last
    } else {
      index = places.count
      places.append(Place())
    }
    return (index, UInt64(places[index].generation) << 32 | UInt64(index))
  }

  /// Puts a new connection at a place that was taken for it.
  mutating func put(_ connection: any ClientConnection, at index: Int, isGuest: Bool) {
    places[index].connection = connection
    places[index].interest = connection.interest
    places[index].isGuest = isGuest
    shares[connection.peer.subscriber, default: 0] += 1
  }

  /// Puts the connection at a place that goes on with the socket and the token of the one that is there.
  mutating func replace(_ connection: any ClientConnection, at index: Int) {
    places[index].connection = connection
  }

  /// Gives the place of a connection back.
  mutating func remove(at index: Int) {
    if let address = places[index].connection?.peer.subscriber, let share = shares[address] {
      shares[address] = share > 1 ? share - 1 : nil
    }
    places[index].connection = nil
    places[index].isGuest = false
    places[index].generation &+= 1
    free.append(index)
  }

  /// Returns the place of the connection with this token, or nil if it is gone.
  func index(of token: UInt64) -> Int? {
    let index = Int(token & 0xFFFF_FFFF)
    guard index < places.count, places[index].generation == UInt32(token >> 32) else { return nil }
    return index
  }

  /// Returns the place whose connection makes room for a new one.
  func placeToGive(now: Moment) -> Int? {
    Idleness.placeToGive(
      of: places.count, now: now, idleness: { places[$0].connection?.idleness },
      share: { index in places[index].connection.flatMap { shares[$0.peer.subscriber] } ?? 0 })
  }
}
