import Glibc
import Testing
import UpconvHTTP
import UpconvSystem

@testable import UpconvTransport

@Suite struct ConnectionTableTests {
  /// A connection that does nothing but be idle.
  private final class IdleConnection: ClientConnection {
    let token: UInt64
    let descriptor = ClientSocket(owning: socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0))
    let peer: NetworkAddress
    let idleness: Idleness?
    let interest: Poller.Interest = .arrivals
    let isClosed = false
    let wantsTurn = false
    let successor: (any ClientConnection)? = nil

    init(_ token: UInt64, _ peer: NetworkAddress, since: Moment) {
      self.token = token
      self.peer = peer
      idleness = Idleness(reason: .resting, since: since)
    }

    func handle(_ event: Poller.Event) {}
    func receive(_ response: Response, stream: Int32) {}
    func takeTurn() {}
    func stop() {}
    func leave() {}
    func checkDeadlines() {}
    func close() {}
  }

  private static let start = Moment(nanoseconds: 1_000_000_000_000)
  private var table = ConnectionTable()

  private mutating func put(_ peer: NetworkAddress, since second: Int) -> Int {
    let (index, token) = table.take()
    table.put(IdleConnection(token, peer, since: Self.start + .seconds(second)), at: index, isGuest: false)
    return index
  }

  private var placeToGive: Int? { table.placeToGive(now: Self.start + .seconds(100)) }

  @Test mutating func `The address that holds most places loses one first, and no longer once it holds fewer`() {
    let single = put(NetworkAddress(ipv4: 1), since: 10)
    let many = (0..<3).map { put(NetworkAddress(ipv4: 2), since: 50 + $0) }
    #expect(placeToGive == many[0])
    table.remove(at: many[0])
    #expect(placeToGive == many[1])
    table.remove(at: many[1])
    #expect(placeToGive == single)
    table.remove(at: single)
    #expect(placeToGive == many[2])
    table.remove(at: many[2])
    #expect(placeToGive == nil)
    #expect(table.count == 0)
  }

  @Test mutating func `An address of IPv6 is its first 64 bits`() {
    _ = put(NetworkAddress(high: 1 << 61, low: 1), since: 10)
    let many = (1...2).map { put(NetworkAddress(high: 1 << 61 + 1, low: $0), since: 50) }
    #expect(placeToGive.map(many.contains) == true)
  }

  @Test mutating func `The token of a connection that is gone finds nothing`() {
    let (index, token) = table.take()
    table.put(IdleConnection(token, .none, since: Self.start), at: index, isGuest: true)
    #expect(table.index(of: token) == index)
    #expect(table[index].isGuest)
    table.remove(at: index)
    #expect(table.index(of: token) == nil)
    let (again, next) = table.take()
    #expect(again == index)
    #expect(next != token)
    #expect(!table[again].isGuest)
  }
}
