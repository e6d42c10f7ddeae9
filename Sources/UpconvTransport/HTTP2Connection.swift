import Glibc
import UpconvHTTP
import UpconvHTTP2
import UpconvSystem

/// One client's connection that speaks HTTP/2: moves bytes between its socket and its session.
///
/// What the session tells of requests is in `HTTP2Connection+Requests.swift`.
final class HTTP2Connection: ClientConnection {
  let token: UInt64
  let descriptor: ClientSocket
  let peer: NetworkAddress
  let context: LoopContext
  /// Whether it was accepted beyond the limit of connections: it has one request, which must be a health probe.
  let isGuest: Bool
  /// Nil only while it is made, and once the connection is closed.
  private(set) var session: HTTP2Session?
  /// The requests at hand, by stream.
  var exchanges: [Int32: Exchange] = [:]
  private(set) var wantsTurn = false
  /// Bytes that were read and that the last turn had no time for.
  private var unread: [UInt8] = []
  /// Bytes that the socket did not take.
  private var unsent: [UInt8] = []
  private var unsentOffset = 0
  /// What of the answers, and of `unsent`, waits for the peer.
  var waiting: WaitingMemory
  /// Whether there was no memory for what the socket did not take: then it is offered no more than a frame.
  private var isShortOfMemory = false
  private var unsentLeased = 0
  private let start: Moment
  /// How the socket takes what is in `unsent`.
  private var progress: TransferProgress
  /// Whether it has given back what it does not need at rest, since the last request.
  private var isResting = false
  var answerProgress: AnswerProgress
  /// How the contents come in, all together.
  var contentProgress: TransferProgress
  /// Bounds the content that is taken and dropped after early answers.
  var unwantedContent: TokenBucket
  /// When a request last ended; pings are none.
  var lastRequest: Moment
  private var shutdown = Shutdown.none
  private var isLingering = false

  /// How far the end has been told to the peer (RFC 9113 §6.8).
  private enum Shutdown {
    case none
    case announced(at: Moment)
    case final
  }

  /// How long a closing connection waits for its peer to close too.
  private static let lingerTimeout = Duration.seconds(2)
  /// How long the first GOAWAY is given to reach a peer that does not answer.
  private static let shutdownPatience = Duration.seconds(1)
  /// After it a connection gives back what it does not need at rest.
  private static let leastRest = Duration.seconds(1)
  /// Bytes that are handed on before the clock is looked at: in gzip they may stand for a thousand times as many.
  private static let maxBytesPerStep = 2 << 10

  /// Takes a connection over, together with what was read of it, from the preface on.
  init(
    descriptor: ClientSocket, from peer: NetworkAddress, token: UInt64, context: LoopContext, isGuest: Bool,
    read bytes: [UInt8]
  ) {
    self.descriptor = descriptor
    self.peer = peer
    self.token = token
    self.context = context
    self.isGuest = isGuest
    start = context.now
    progress = TransferProgress(now: context.now)
    lastRequest = context.now
    answerProgress = AnswerProgress(now: context.now)
    contentProgress = TransferProgress(now: context.now)
    unwantedContent = TokenBucket(context.configuration.http2.unwantedContent, now: context.now)
    waiting = WaitingMemory(of: context.configuration.memoryOfUncomputedAnswers)
    do throws(HTTP2Session.Failure) {
      session = try HTTP2Session(
        delegate: self, limits: context.configuration.http2, http: context.configuration.http,
        now: context.now)
    } catch {
      return
    }
    unread = bytes
    processUnread()
    flush()
  }

  // MARK: What the loop asks and tells

  var isClosed: Bool { session == nil }

  var successor: (any ClientConnection)? { nil }

  var interest: Poller.Interest {
    guard let session else { return [] }
    if isLingering { return .read }
    if wantsTurn { return [] }
    var interest: Poller.Interest = []
    if !session.isCongested { interest.insert(.read) }
    if unsentOffset < unsent.count || session.wantsToSend { interest.insert(.write) }
    return interest
  }

  func handle(_ event: Poller.Event) {
    if event.canRead { read() }
    if event.canRead || event.canWrite { flush() }
    if event.hasFailed { close() }
  }

  func receive(_ response: Response, stream: Int32) {
    guard let exchange = exchanges[stream], case .computing = exchange.phase else { return }
    respond(response, stream: stream)
    flush()
  }

  func takeTurn() {
    guard wantsTurn else { return }
    wantsTurn = false
    processUnread()
    flush()
  }

  func stop() {
    guard case .none = shutdown, let session else { return }
    shutdown = .announced(at: context.now)
    session.announceShutdown()
    flush()
  }

  func didRoundTrip() { if case .announced = shutdown { goAway() } }

  func goAway() {
    shutdown = .final
    session?.goAway()
  }

  func checkDeadlines() {
    guard let session else { return }
    let configuration = context.configuration
    session.now = context.now
    func passed(_ start: Moment, _ timeout: Duration) -> Bool { context.now - start > timeout }
    if isLingering {
      if passed(progress.last, HTTP2Connection.lingerTimeout) { close() }
      return
    }
    // A peer that takes nothing, whatever waits for it.
    if unsentOffset < unsent.count, passed(progress.last, configuration.idleTimeout) { return close() }
    if case .announced(let time) = shutdown, passed(time, HTTP2Connection.shutdownPatience) { goAway() }
    if !session.isAcknowledged, passed(start, configuration.headTimeout) { session.terminate(.settingsTimeout) }
    if isGuest, case .none = shutdown, passed(start, LoopContext.guestPatience) { goAway() }
    if let sectionStart = session.sectionStart, passed(sectionStart, configuration.headTimeout) {
      session.terminate(.enhanceYourCalm)
    }
    if exchanges.isEmpty, passed(lastRequest, configuration.idleTimeout) { session.terminate(.noError) }
    checkRequestDeadlines()
    flush()
    if !isResting, let restingSince, passed(restingSince, HTTP2Connection.leastRest) {
      isResting = true
      exchanges = [:]
      self.session?.rest()
    }
  }

  private var restingSince: Moment? {
    exchanges.isEmpty && unsentOffset == unsent.count && !wantsTurn && !isLingering ? lastRequest : nil
  }

  var idleness: Idleness? {
    if isGuest { return nil }
    if let restingSince { return Idleness(reason: .resting, since: restingSince) }
    return stalledSince.map { Idleness(reason: .stalled, since: $0) }
  }

  func leave() {
    session?.terminate(exchanges.isEmpty ? .noError : .enhanceYourCalm)
    flush()
    // What was written is sent all the same.
    close()
  }

  func close() {
    for exchange in exchanges.values { exchange.giveUp(context.compute) }
    exchanges = [:]
    waiting.removeAll()
    unsentLeased = 0
    session = nil
    unread = []
    unsent = []
    unsentOffset = 0
    wantsTurn = false
  }

  // MARK: Bytes in

  private func read() {
    let buffer = context.readBuffer
    let count = recv(descriptor.number, buffer.baseAddress, buffer.count, 0)
    context.note(pieceOf: count)
    guard count > 0 else {
      // Who closes its side can open no window any more: it has left.
      if count == 0 || (errno != EAGAIN && errno != EINTR) { close() }
      return
    }
    guard !isLingering else { return }
    isResting = false
    let bytes = UnsafeRawBufferPointer(rebasing: buffer.prefix(count))
    if unread.isEmpty {
      let consumed = process(bytes)
      if consumed < count { unread = Array(bytes.dropFirst(consumed)) }
    } else {
      unread += bytes
      processUnread()
    }
  }

  private func processUnread() {
    guard !unread.isEmpty else { return }
    let bytes = unread
    unread = []
    let consumed = bytes.withUnsafeBytes(process)
    if consumed < bytes.count { unread = consumed == 0 ? bytes : Array(bytes.dropFirst(consumed)) }
  }

  /// Hands bytes to the session until they end or the slice's time is over. Returns how many it has taken.
  private func process(_ bytes: UnsafeRawBufferPointer) -> Int {
    guard let session else { return bytes.count }
    session.now = context.now
    context.readClock()
    let sliceEnd = context.sliceEnd
    var offset = 0
    while offset < bytes.count {
      if offset > 0, Moment.now >= sliceEnd {
        wantsTurn = true
        break
      }
      let step = UnsafeRawBufferPointer(rebasing: bytes[offset...].prefix(HTTP2Connection.maxBytesPerStep))
      session.receive(step)
      offset += step.count
    }
    return offset
  }

  // MARK: Bytes out

  /// Sends what there is, until the socket is full or the slice's time is over.
  private func flush() {
    guard let session, !isLingering else { return }
    context.readClock()
    let sliceEnd = context.sliceEnd
    while sendUnsent() {
      let buffer = UnsafeMutableRawBufferPointer(
        rebasing: context.writeBuffer.prefix(isShortOfMemory ? HTTP2Session.maxFrameBytes : .max))
      let count = session.fill(buffer, until: sliceEnd)
      guard count > 0 else { break }
      let frames = UnsafeRawBufferPointer(rebasing: buffer.prefix(count))
      let taken = send(frames)
      guard taken >= 0 else { return close() }
      if taken < count {
        unsent = Array(frames.dropFirst(taken))
        isShortOfMemory = !waiting.add(unsent.count)
        unsentLeased = isShortOfMemory ? 0 : unsent.count
        progress.restart(now: context.now)
        return
      }
      if Moment.now >= sliceEnd {
        wantsTurn = wantsTurn || session.wantsToSend
        return
      }
    }
    if !isClosed, unsentOffset == unsent.count, session.isFinished { linger() }
  }

  /// Whether nothing that was made before still waits.
  private func sendUnsent() -> Bool {
    guard unsentOffset < unsent.count else { return true }
    let taken = unsent.withUnsafeBytes { send(UnsafeRawBufferPointer(rebasing: $0[unsentOffset...])) }
    guard taken >= 0 else {
      close()
      return false
    }
    unsentOffset += taken
    guard unsentOffset == unsent.count else { return false }
    waiting.remove(unsentLeased)
    unsentLeased = 0
    unsent = []
    unsentOffset = 0
    return true
  }

  /// Bytes that the socket took; below zero where the peer is gone.
  private func send(_ bytes: UnsafeRawBufferPointer) -> Int {
    let sent = Glibc.send(descriptor.number, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
    if sent > 0 { progress.take(bytes: sent, isAll: sent == bytes.count, now: context.now) }
    if sent < 0, errno == EAGAIN || errno == EINTR { return 0 }
    return sent
  }

  /// Our side is shut; what the peer still sends is dropped, so that its system does not discard what was sent.
  private func linger() {
    Glibc.shutdown(descriptor.number, Int32(SHUT_WR))
    for exchange in exchanges.values { exchange.giveUp(context.compute) }
    exchanges = [:]
    waiting.removeAll()
    unread = []
    wantsTurn = false
    isLingering = true
  }
}
