import CLinux
import Glibc
import Logging
import Synchronization
import UpconvHTTP
import UpconvMemory
import UpconvSystem

/// Serves many connections on one thread: waits for whichever can go on, and lets it.
///
/// One of the loops also listens, and deals new connections to the loop that has fewest. Made and used on the
/// loop's own thread; others speak to it through its mailbox.
final class EventLoop {
  private let poller: Poller
  private let mailbox: LoopMailbox
  private let context: LoopContext
  private let acceptor: Acceptor
  /// All loops of the server, this one among them.
  private let mailboxes: [LoopMailbox]
  /// Not checked for exclusive access: the loop's thread alone uses them, and connections do not know their loop.
  @exclusivity(unchecked) private var table = ConnectionTable()
  private var stopDeadline: Moment?
  private var lastTick: Moment
  private var sharing: LoadSharing
  /// Connections that are still to go to another loop, of those that were served lately.
  private var handover: (connectionCount: Int, receiver: LoopMailbox, servedSince: Moment)?
  /// Connections whose last slice ended for want of time.
  @exclusivity(unchecked) private var turns = TurnQueue()
  /// Where the system writes what has happened.
  private let events = UnsafeMutableBufferPointer<epoll_event>.allocate(capacity: Poller.maxEvents)

  private static let mailboxToken = UInt64.max
  private static let listenerToken = UInt64.max - 1
  /// How often deadlines are looked at.
  private static let tick = Duration.milliseconds(250)
  init(
    poller: Poller, mailbox: LoopMailbox, mailboxes: [LoopMailbox], listener: Listener?, context: LoopContext,
    logger: Logger
  ) {
    self.poller = poller
    self.mailbox = mailbox
    self.mailboxes = mailboxes
    self.context = context
    acceptor = Acceptor(
      listener, of: poller, token: EventLoop.listenerToken, mailboxes: mailboxes,
      maxConnections: context.configuration.maxConnections, logger: logger)
    lastTick = context.now
    sharing = LoadSharing(loop: context.loop, now: context.now)
    _ = poller.add(mailbox.wakeup, .read, token: EventLoop.mailboxToken)
  }

  deinit { events.deallocate() }

  /// Serves until it was told to stop and the last connection is gone.
  func run() {
    var isAtRest = false
    while !isFinished {
      let isQuiet = table.count == 0 && !acceptor.isPaused && stopDeadline == nil
      var hasEvents = false
      let patience: Int32 = isQuiet ? (isAtRest ? -1 : 1000) : (turns.isEmpty ? 250 : 0)
      poller.wait(milliseconds: patience, events) { event in
        if !hasEvents { startRound() }
        hasEvents = true
        switch event.token {
        case EventLoop.mailboxToken: readMailbox()
        case EventLoop.listenerToken: _ = acceptor.accept(deal)
        default: serve(event)
        }
      }
      // What large requests took goes back to the system once nobody has come for a second, not some day.
      isAtRest = isQuiet && !hasEvents
      if isQuiet, !hasEvents { mailbox.load.store(.none) }
      if isAtRest {
        MemoryPool.shared.releaseIdle()
        upconv_release_free_memory()
      }
      if !hasEvents {
        context.startRound()
        shareLoadIfDue()
      }
      giveTurns()
      if let stopDeadline { acceptor.drain(now: context.now, until: stopDeadline, deal) }
      if context.now - lastTick >= EventLoop.tick { everyTick() }
    }
  }

  private func startRound() {
    context.startRound()
    sharing.countRound()
    shareLoadIfDue()
  }

  /// Looks, once in a while, whether connections are better served by another loop.
  private func shareLoadIfDue() {
    guard sharing.isWindowOver(at: context.now) else { return }
    let start = sharing.windowStart
    guard
      let wish = sharing.endWindow(
        at: context.now, hasLargePieces: context.takeHasLargePieces(), loads: mailboxes.map(\.load)),
      !context.isStopping
    else {
      handover = nil
      return
    }
    let count = table.indices.count { table[$0].connection?.isMovable(servedSince: start) ?? false }
    let share = wish.share == .all ? count : count / 2
    handover = share > 0 ? (share, mailboxes[wish.receiver], start) : nil
  }

  /// Also counts connections that are on their way from the loop that listens.
  private var isFinished: Bool {
    stopDeadline != nil && !acceptor.isListening && mailbox.connectionCount.load(ordering: .relaxed) == 0
      && mailbox.close()
  }

  /// Gives turns to those that wait, for one turn's time: whoever can go on at once is looked for in between.
  private func giveTurns() {
    guard !turns.isEmpty else { return }
    context.startTurns()
    for _ in 0..<turns.count {
      guard let token = turns.popFirst() else { return }
      guard let index = table.index(of: token) else { continue }
      table[index].connection?.takeTurn()
      settle(index)
      context.readClock()
      if context.isRoundOver { return }
    }
  }

  private func serve(_ event: Poller.Event) {
    guard let index = table.index(of: event.token) else { return }
    table[index].connection?.handle(event)
    settle(index)
  }

  private func readMailbox() {
    for message in mailbox.takeAll() {
      switch message {
      case .adopt(let descriptor, let peer, let loopsToAsk):
        adopt(descriptor, from: peer, loopsToAsk: loopsToAsk)
      case .takeOver(let descriptor, let peer):
        takeOver(descriptor, from: peer)
      case .answered(let token, let stream, let response):
        guard let index = table.index(of: token) else { continue }
        table[index].connection?.receive(response, stream: stream)
        settle(index)
      case .stop(let deadline):
        stop(by: deadline)
      }
    }
  }

  private func everyTick() {
    lastTick = context.now
    for index in table.indices {
      guard let connection = table[index].connection else { continue }
      if let stopDeadline, context.now >= stopDeadline { connection.close() }
      connection.checkDeadlines()
      settle(index)
    }
    acceptor.resume()
  }

  private func stop(by deadline: Moment) {
    stopDeadline = min(deadline, stopDeadline ?? deadline)
    context.beginStopping()
    handover = nil
    if acceptor.beginDraining(now: context.now) {
      // From here on none of them is dealt a connection: it may be gone before it sees it.
      for other in mailboxes where other !== mailbox { other.post(.stop(by: deadline)) }
    }
    for index in table.indices {
      if context.now >= deadline { table[index].connection?.close() } else { table[index].connection?.stop() }
      settle(index)
    }
  }

  // MARK: Connections come and go

  /// Gives a new connection to the loop that has fewest.
  private func deal(_ descriptor: Int32, _ peer: NetworkAddress, _ loopsToAsk: Int?) {
    let counts = mailboxes.map { $0.connectionCount.load(ordering: .relaxed) }
    let fewest = counts.indices.min { counts[$0] < counts[$1] } ?? 0
    let receiver = context.isStopping ? mailbox : mailboxes[fewest]
    receiver.connectionCount.add(1, ordering: .relaxed)
    if loopsToAsk != nil { receiver.guestCount.add(1, ordering: .relaxed) }
    if receiver === mailbox {
      adopt(descriptor, from: peer, loopsToAsk: loopsToAsk)
    } else {
      receiver.post(.adopt(descriptor: descriptor, peer: peer, loopsToAsk: loopsToAsk))
    }
  }

  /// Serves a new connection. One beyond the limit gets the place of an idle one, on whichever loop there is one, or else
  /// is a guest.
  private func adopt(_ descriptor: Int32, from peer: NetworkAddress, loopsToAsk: Int?) {
    var isGuest = false
    if let loopsToAsk {
      isGuest = !makeRoom()
      if !isGuest {
        mailbox.guestCount.subtract(1, ordering: .relaxed)
      } else if loopsToAsk > 1, passOn(descriptor, from: peer, loopsToAsk: loopsToAsk - 1) {
        return
      }
    }
    let (index, token) = table.take()
    let connection = Connection(owning: descriptor, from: peer, token: token, context: context, isGuest: isGuest)
    if place(connection, at: index, isGuest: isGuest) { settle(index) }
  }

  /// Has the next loop look for an idle connection; false if it has ended.
  private func passOn(_ descriptor: Int32, from peer: NetworkAddress, loopsToAsk: Int) -> Bool {
    let next = mailboxes[(context.loop + 1) % mailboxes.count]
    func move(from giver: LoopMailbox, to taker: LoopMailbox) {
      taker.connectionCount.add(1, ordering: .relaxed)
      taker.guestCount.add(1, ordering: .relaxed)
      giver.connectionCount.subtract(1, ordering: .relaxed)
      giver.guestCount.subtract(1, ordering: .relaxed)
    }
    move(from: mailbox, to: next)
    let isPassedOn = next.post(.adopt(descriptor: descriptor, peer: peer, loopsToAsk: loopsToAsk))
    if !isPassedOn { move(from: next, to: mailbox) }
    return isPassedOn
  }

  /// Goes on with what another loop has handed over. What came meanwhile is told of as soon as it is watched.
  private func takeOver(_ descriptor: Int32, from peer: NetworkAddress) {
    let (index, token) = table.take()
    let connection = Connection(owning: descriptor, from: peer, token: token, context: context, isHTTP1: true)
    if place(connection, at: index) { settle(index) }
  }

  /// Hands a connection that was served lately to the loop that is to have it, where it is at rest.
  private func handOver(_ index: Int) {
    guard let (count, receiver, start) = handover, let connection = table[index].connection,
      connection.isMovable(servedSince: start), let descriptor = connection.releaseSocket()
    else { return }
    let peer = connection.peer
    poller.remove(descriptor)
    receiver.connectionCount.add(1, ordering: .relaxed)
    receiver.handoverCount.add(1, ordering: .relaxed)
    clear(index)
    handover = count > 1 ? (count - 1, receiver, start) : nil
    if !receiver.post(.takeOver(descriptor: descriptor, peer: peer)) {
      // It has ended: the server stops. The last request of this connection may be on its way.
      receiver.connectionCount.subtract(1, ordering: .relaxed)
      mailbox.connectionCount.add(1, ordering: .relaxed)
      handover = nil
      takeOver(descriptor, from: peer)
    }
  }

  /// Watches a new connection; false if the system has no room for that, and it is closed.
  private func place(_ connection: Connection, at index: Int, isGuest: Bool = false) -> Bool {
    table.put(connection, at: index, isGuest: isGuest)
    guard poller.add(connection.descriptor.number, connection.interest, token: connection.token) else {
      connection.close()
      settle(index)
      return false
    }
    return true
  }

  private func clear(_ index: Int) {
    if table[index].isGuest { mailbox.guestCount.subtract(1, ordering: .relaxed) }
    table.remove(at: index)
    mailbox.connectionCount.subtract(1, ordering: .relaxed)
  }

  /// Closes an idle connection in favour of a new one, if there is one: a flood of connections that do nothing ends
  /// itself so, and connections that go on with requests stay.
  private func makeRoom() -> Bool {
    guard let index = table.placeToGive(now: context.now) else { return false }
    table[index].connection?.leave()
    settle(index)
    mailbox.madeRoomCount.add(1, ordering: .relaxed)
    return true
  }

  /// After anything happened to a connection: watches for what it waits for now, or lets it go.
  private func settle(_ index: Int) {
    guard var connection = table[index].connection else { return }
    if let successor = connection.successor {
      connection = successor
      table.replace(successor, at: index)
    }
    if context.isStopping { connection.stop() }
    if connection.isClosed {
      poller.remove(connection.descriptor.number)
      clear(index)
      return
    }
    if connection.wantsTurn { turns.append(connection.token) }
    let interest = connection.interest
    let isLeftUnread = connection.takeLeftUnread()
    if interest != table[index].interest || isLeftUnread {
      table[index].interest = interest
      poller.change(connection.descriptor.number, to: interest, token: connection.token)
    }
    if handover != nil { handOver(index) }
  }
}
