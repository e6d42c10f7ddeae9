import Glibc
import Logging
import Synchronization
import UpconvHTTP
import UpconvSystem

/// Accepts new connections on the listening socket, as long as there is one and there is room. Used by the thread of the
/// loop that listens.
final class Acceptor {
  private let poller: Poller
  private let token: UInt64
  private let mailboxes: [LoopMailbox]
  private let maxConnections: Int
  private let logger: Logger
  /// Nil if another loop listens, and once the server has stopped listening.
  private var listener: Listener?
  /// When the last handshakes are over, once the server stops.
  private var drainEnd: Moment?
  /// Whether connections wait in the kernel's queue for want of room or of descriptors; `resume` tries again.
  private(set) var isPaused = false

  /// Connections beyond the limit that are accepted for health probes, and to be told that there is no room; further
  /// ones wait in the kernel's queue.
  private static let maxGuests = 64
  private static let maxAcceptedPerRound = 64

  /// Takes a new connection: its socket, its peer, and, if the server is full, how many loops are still to be asked for an
  /// idle connection to close.
  typealias Deal = (_ descriptor: Int32, _ peer: NetworkAddress, _ loopsToAsk: Int?) -> Void

  /// - Parameters:
  ///   - token: of the listening socket's events.
  ///   - mailboxes: of all loops of the server.
  init(
    _ listener: Listener?, of poller: Poller, token: UInt64, mailboxes: [LoopMailbox], maxConnections: Int,
    logger: Logger
  ) {
    self.listener = listener
    self.poller = poller
    self.token = token
    self.mailboxes = mailboxes
    self.maxConnections = maxConnections
    self.logger = logger
    if let listener { _ = poller.add(listener.descriptor.number, .read, token: token) }
  }

  var isListening: Bool { listener != nil }

  /// Accepts connections that wait, a bounded number in one round. Returns whether none is left.
  func accept(_ deal: Deal) -> Bool {
    guard let listener else { return true }
    for _ in 0..<Acceptor.maxAcceptedPerRound {
      let connections = mailboxes.reduce(0) { $0 + $1.connectionCount.load(ordering: .relaxed) }
      let guests = mailboxes.reduce(0) { $0 + $1.guestCount.load(ordering: .relaxed) }
      let isFull = connections - guests >= maxConnections
      guard !isFull || guests < Acceptor.maxGuests else {
        pause()
        return false
      }
      switch listener.accept() {
      case .connection(let descriptor, let peer):
        deal(descriptor, peer, isFull ? mailboxes.count : nil)
      case .none:
        return true
      case .exhausted:
        logger.warning("no descriptor is left for a new connection", metadata: ["connections": "\(connections)"])
        pause()
        return false
      }
    }
    return false
  }

  private func pause() {
    guard let listener, !isPaused else { return }
    poller.remove(listener.descriptor.number)
    isPaused = true
  }

  /// Watches the listening socket again after a pause.
  func resume() {
    guard isPaused, let listener else { return }
    isPaused = !poller.add(listener.descriptor.number, .read, token: token)
  }

  /// Drops handshakes that begin from now on. Returns false if there is nothing to drain, or it has begun already.
  func beginDraining(now: Moment) -> Bool {
    guard let listener, drainEnd == nil else { return false }
    listener.dropNewConnections()
    drainEnd = now + listener.handshakePatience
    return true
  }

  /// Ends listening once no connection waits in the kernel's queue, since each may have sent a request, or at the deadline.
  func drain(now: Moment, until deadline: Moment, _ deal: Deal) {
    guard let listener, let drainEnd else { return }
    guard now >= deadline || (now >= drainEnd && !isPaused && accept(deal)) else { return }
    if !isPaused { poller.remove(listener.descriptor.number) }
    shutdown(listener.descriptor.number, Int32(SHUT_RDWR))
    self.listener = nil
    isPaused = false
  }
}
