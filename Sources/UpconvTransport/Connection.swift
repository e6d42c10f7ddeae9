import Glibc
import UpconvHTTP
import UpconvHTTP2
import UpconvScheduling

/// One client's connection: reads requests, hands them on, writes the answers, in order, one at a time.
///
/// Every entry point leaves the connection in a phase from which `interest` says what to wait for next. It touches
/// nothing but its own socket; whoever drives it watches the socket.
final class Connection: ClientConnection {
  let token: UInt64
  let descriptor: ClientSocket
  private let context: LoopContext
  private var parser: RequestParser
  /// Bytes that were read and not consumed: the beginning of a head, requests sent ahead (pipelining), or what the
  /// last turn had no time for.
  private var unread: [UInt8] = []
  /// The last turn ended for want of time, not of bytes.
  private(set) var wantsTurn = false
  private var phase = Phase.betweenRequests
  /// Whether bytes came that are no preface of HTTP/2.
  private var isHTTP1 = false
  private(set) var successor: (any ClientConnection)?
  /// The request at hand asks to go on in HTTP/2.
  private var upgrade: (wish: UpgradeToHTTP2, head: RequestHead)?
  /// The request at hand, once its head is read.
  private var head: RequestHead?
  private var answer: PendingAnswer?
  /// Bytes of the request's content that have come so far.
  private var contentBytesReceived = 0
  /// When the first byte of the request at hand came.
  private var requestStart: ContinuousClock.Instant
  /// When the connection last went on: finished an answer, or got rid of `minBytesOfProgress` of one.
  private var lastProgress: ContinuousClock.Instant
  /// Bytes of the answer that went out since then.
  private var bytesSinceProgress = 0

  private enum Phase {
    case betweenRequests
    case readingHead
    case readingContent(any ContentReceiver)
    case computing(Cancellation)
    case answering
    /// Our side is shut; what the peer still sends is dropped, so that its system does not discard the answer
    /// (RFC 9112 §9.6).
    case lingering
    case closed
  }

  /// Less than this within `idleTimeout` is no progress: who reads an answer byte by byte would hold it for hours. With
  /// the timeout's default it is about a kilobyte a second.
  private static let minBytesOfProgress = 64 << 10
  /// How long a closing connection waits for its peer to close too.
  private static let lingerTimeout = Duration.seconds(2)
  /// Unwanted content up to this size is read, so that the connection can go on; beyond it is closed instead.
  private static let maxDiscardedBytes = 64 << 10

  init(owning descriptor: Int32, token: UInt64, context: LoopContext) {
    self.descriptor = ClientSocket(owning: descriptor)
    self.token = token
    self.context = context
    parser = RequestParser(limits: context.configuration.http)
    requestStart = context.now
    lastProgress = context.now
    // An answer goes out whole and at once; holding its last segment back would only delay it.
    var one: Int32 = 1
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
  }

  /// What to watch the socket for.
  var interest: Poller.Interest {
    switch phase {
    // What is there is worked off before more is read.
    case .betweenRequests where wantsTurn, .readingHead where wantsTurn, .readingContent where wantsTurn: []
    case .betweenRequests, .readingHead, .readingContent, .lingering: .read
    // Nothing is read while an answer is made: who sends ahead waits. A peer that leaves is noticed.
    case .computing: .peerClosed
    case .answering: .write
    case .closed: []
    }
  }

  var isClosed: Bool {
    if case .closed = phase { true } else { false }
  }

  /// Answers without reading anything, and closes.
  func refuse(_ refusal: Refusal) {
    respond(context.handler.refuse(refusal), keepsAlive: false)
  }

  // MARK: What the loop tells

  func handle(_ event: Poller.Event) {
    if event.canWrite, case .answering = phase { continueAnswer() }
    if event.canRead { read() }
    if event.hasFailed || (event.peerClosed && isComputing) { close() }
  }

  func receive(_ response: Response, stream: Int32) {
    guard isComputing else { return }
    respond(response, keepsAlive: head?.keepsAlive ?? false)
    processUnread()
  }

  /// Goes on with what the last turn had no time for.
  func takeTurn() {
    wantsTurn = false
    processUnread()
  }

  /// No further requests: a connection at rest closes, another one after its answer.
  func stop() {
    if case .betweenRequests = phase, unread.isEmpty { close() }
  }

  /// Gives up on a peer or a job that took too long.
  func checkDeadlines() {
    let configuration = context.configuration
    func passed(_ start: ContinuousClock.Instant, _ timeout: Duration) -> Bool {
      context.now - start > timeout
    }
    switch phase {
    case .betweenRequests, .answering:
      if passed(lastProgress, configuration.idleTimeout) { close() }
    case .readingHead:
      if passed(requestStart, configuration.headTimeout) {
        refuse(.tooSlow(seconds: configuration.headTimeout.wholeSeconds))
      }
    case .readingContent:
      if passed(requestStart, configuration.requestTimeout) { giveUpOnContent() }
    case .computing(let cancellation):
      if passed(requestStart, configuration.requestTimeout) {
        context.compute.cancel(cancellation)
        refuse(.timedOut(seconds: configuration.requestTimeout.wholeSeconds))
      }
    case .lingering:
      if passed(lastProgress, Connection.lingerTimeout) { close() }
    case .closed:
      break
    }
  }

  /// Ends the connection and whatever is done for it. The socket itself goes with this object.
  func close() {
    if case .computing(let cancellation) = phase { context.compute.cancel(cancellation) }
    phase = .closed
    answer = nil
    unread = []
    wantsTurn = false
  }

  // MARK: Reading

  private var isComputing: Bool {
    if case .computing = phase { true } else { false }
  }

  private var isReading: Bool {
    switch phase {
    case .betweenRequests, .readingHead, .readingContent: true
    case .computing, .answering, .lingering, .closed: false
    }
  }

  private func read() {
    guard isReading || isLingering else { return }
    let buffer = context.readBuffer
    let count = recv(descriptor.number, buffer.baseAddress, buffer.count, 0)
    guard count > 0 else {
      if count == 0 || (errno != EAGAIN && errno != EINTR) { close() }
      return
    }
    guard !isLingering else { return }
    let bytes = UnsafeRawBufferPointer(rebasing: buffer.prefix(count))
    guard isHTTP1 || isNoPreface(bytes) else { return }
    if unread.isEmpty {
      let consumed = process(bytes)
      if mayGoOn { unread = Array(bytes.dropFirst(consumed)) }
      settleUpgrade()
    } else {
      unread += bytes
      processUnread()
    }
  }

  private var isLingering: Bool {
    if case .lingering = phase { true } else { false }
  }

  /// Whether the connection goes on in HTTP/1.1. Else it is handed on, or the rest of a preface is waited for.
  private func isNoPreface(_ bytes: UnsafeRawBufferPointer) -> Bool {
    switch unread.isEmpty ? ConnectionPreface.match(bytes) : ConnectionPreface.match(unread + bytes) {
    case .none:
      isHTTP1 = true
      phase = .betweenRequests
      return true
    case .partial:
      if unread.isEmpty { requestStart = context.now }
      unread += bytes
      phase = .readingHead
    case .whole:
      continueInHTTP2(HTTP2Connection(descriptor: descriptor, token: token, context: context, read: unread + bytes))
    }
    return false
  }

  /// The successor has the socket; this object is done.
  private func continueInHTTP2(_ connection: HTTP2Connection) {
    close()
    successor = connection
  }

  /// Goes on in HTTP/2 with the request at hand as its first stream, or in HTTP/1.1 where the settings make no sense.
  private func settleUpgrade() {
    guard let (wish, head) = upgrade.take() else { return }
    let connection = HTTP2Connection(
      descriptor: descriptor, token: token, context: context, read: unread,
      upgrade: (HTTP2Session.Upgrade(settings: wish.settings, isHEAD: head.method == .head), head),
      greeting: UpgradeToHTTP2.response)
    if connection.isClosed {
      begin(head, contentFollowsAtOnce: false)
      processUnread()
    } else {
      continueInHTTP2(connection)
    }
  }

  private func processUnread() {
    guard isReading, !unread.isEmpty else { return }
    let bytes = unread
    unread = []
    let consumed = bytes.withUnsafeBytes(process)
    if mayGoOn { unread = consumed == 0 ? bytes : Array(bytes.dropFirst(consumed)) }
    settleUpgrade()
  }

  /// Whether bytes that follow may still be of use.
  private var mayGoOn: Bool { !isClosed && !isLingering }

  /// Bytes of content that are handed on before the clock is looked at: in gzip they may stand for a thousand times
  /// as many.
  private static let maxContentBytesPerStep = 2 << 10

  /// Takes the bytes apart until they end, an answer has to go first, or the turn's time is over. Answers how many
  /// were consumed.
  private func process(_ bytes: UnsafeRawBufferPointer) -> Int {
    let turnEnd = ContinuousClock.now + LoopContext.turn
    var offset = 0
    while isReading {
      if offset > 0, offset < bytes.count, ContinuousClock.now >= turnEnd {
        wantsTurn = true
        break
      }
      let isContent = if case .readingContent = phase { true } else { false }
      let step = isContent ? Connection.maxContentBytesPerStep : bytes.count
      let rest = UnsafeRawBufferPointer(rebasing: bytes[offset...].prefix(step))
      let found: RequestParser.Step
      do throws(RequestError) {
        found = try parser.next(rest)
      } catch {
        refuse(.malformed(error))
        break
      }
      offset += found.consumed
      switch found.event {
      case .needMoreBytes:
        // A step may end within the framing of chunks.
        if isContent, found.consumed > 0, offset < bytes.count { continue }
        if case .betweenRequests = phase, !parser.isBetweenRequests {
          phase = .readingHead
          requestStart = context.now
        }
        return offset
      case .head(let head):
        if context.configuration.allowsUpgradeToHTTP2, let wish = UpgradeToHTTP2(head) {
          upgrade = (wish, head)
          return offset
        }
        begin(head, contentFollowsAtOnce: offset < bytes.count)
      case .content(let range):
        receive(UnsafeRawBufferPointer(rebasing: rest[range]))
      case .end:
        end()
      }
    }
    return offset
  }

  private func begin(_ head: RequestHead, contentFollowsAtOnce: Bool) {
    if case .betweenRequests = phase { requestStart = context.now }
    self.head = head
    contentBytesReceived = 0
    switch context.handler.begin(head) {
    case .receive(let receiver):
      phase = .readingContent(receiver)
      if head.expectsContinue, !contentFollowsAtOnce { sendContinue() }
    case .respond(let response):
      respondEarly(response)
    }
  }

  /// The deadline for content has passed. Who waits for content that nobody wants is told why.
  private func giveUpOnContent() {
    if case .readingContent(let receiver as DiscardedContent) = phase {
      respond(receiver.response, keepsAlive: false)
    } else {
      refuse(.tooSlow(seconds: context.configuration.requestTimeout.wholeSeconds))
    }
  }

  private func receive(_ content: UnsafeRawBufferPointer) {
    guard case .readingContent(let receiver) = phase else { return }
    contentBytesReceived += content.count
    if let refusal = receiver.receive(content) { respondEarly(refusal) }
  }

  /// Answers although content may still come. Where little is left it is read and dropped first, so that the
  /// connection can go on; else the connection closes (RFC 9112 §9.3).
  private func respondEarly(_ response: Response) {
    let contentLeft: Int? =
      switch head?.framing {
      case .none?: 0
      case .contentLength(let length)? where !(head?.expectsContinue ?? false): length - contentBytesReceived
      default: nil
      }
    if let contentLeft, contentLeft <= Connection.maxDiscardedBytes {
      phase = .readingContent(DiscardedContent(response))
    } else {
      respond(response, keepsAlive: false)
    }
  }

  private func end() {
    guard case .readingContent(let receiver) = phase, let head else { return }
    switch context.begin(receiver.end(), connection: token, stream: 0) {
    case .answered(let response): respond(response, keepsAlive: head.keepsAlive)
    case .computing(let cancellation): phase = .computing(cancellation)
    }
  }

  // MARK: Writing

  private func sendContinue() {
    let bytes = ResponseEncoder.continueResponse
    let sent = send(descriptor.number, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    // A socket that is still full of earlier answers does not get it: the client goes on by itself after a while
    // (RFC 9110 §10.1.1). A part of it cannot be taken back.
    if sent != bytes.count, !(sent < 0 && errno == EAGAIN) { close() }
  }

  private func respond(_ response: Response, keepsAlive: Bool) {
    answer = PendingAnswer(
      response, method: head?.method, version: head?.version ?? .http11,
      keepsAlive: keepsAlive && !context.isStopping, date: context.date)
    phase = .answering
    lastProgress = context.now
    bytesSinceProgress = 0
    writeAnswer()
  }

  private func continueAnswer() {
    writeAnswer()
    processUnread()
  }

  private func writeAnswer() {
    let turnEnd = ContinuousClock.now + LoopContext.turn
    guard let (progress, bytes) = answer?.write(to: descriptor.number, until: turnEnd) else { return }
    bytesSinceProgress += bytes
    if progress == .done || bytesSinceProgress >= Connection.minBytesOfProgress {
      lastProgress = context.now
      bytesSinceProgress = 0
    }
    switch progress {
    case .done:
      let closes = answer?.closes ?? true
      answer = nil
      head = nil
      if closes { linger() } else { phase = .betweenRequests }
    case .unfinished:
      break
    case .failed:
      close()
    }
  }

  private func linger() {
    shutdown(descriptor.number, Int32(SHUT_WR))
    unread = []
    phase = .lingering
  }
}

extension Duration {
  var wholeSeconds: Int { Int(components.seconds) }
}
