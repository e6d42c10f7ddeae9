import Glibc
import UpconvHTTP
import UpconvHTTP2
import UpconvScheduling
import UpconvSystem

/// One client's connection: reads requests, hands them on, writes the answers, in order, one at a time.
///
/// Every entry point leaves the connection in a phase from which `interest` says what to wait for next. It touches
/// nothing but its own socket; whoever drives it watches the socket. What it does with content is in
/// `Connection+Content.swift`, its answers are in `Connection+Answers.swift`, its limits of time in
/// `Connection+Deadlines.swift`.
///
/// `@exclusivity(unchecked)`: the loop's thread alone uses what is so marked, and no call that is made while it changes
/// leads back here; to have that checked for each request took an eighth of its time.
final class Connection: ClientConnection {
  let token: UInt64
  let descriptor: ClientSocket
  let peer: NetworkAddress
  let context: LoopContext
  /// Whether it was accepted beyond the limit of connections: it has one request, which must be a health probe.
  let isGuest: Bool
  @exclusivity(unchecked) var parser: RequestParser
  /// Bytes that were read and not consumed: the beginning of a head, requests sent ahead (pipelining), or what the
  /// last slice had no time for.
  @exclusivity(unchecked) var unread: [UInt8] = []
  /// Content that the last slice had no time for.
  var undelivered: [UInt8] = []
  /// The last slice ended for want of time, not of bytes.
  var wantsTurn = false
  @exclusivity(unchecked) var phase = Phase.betweenRequests
  /// Whether bytes came that are no preface of HTTP/2.
  private var isHTTP1: Bool
  private(set) var successor: (any ClientConnection)?
  /// The request at hand, once its head is read.
  @exclusivity(unchecked) var request: RequestHead?
  @exclusivity(unchecked) var answer: PendingAnswer?
  /// Reads the content of the request at hand once the answers before it are with the socket.
  var nextReceiver: (any ContentReceiver)?
  /// Answers are gathered, for one system call to send all of them.
  private(set) var isGathering = false
  /// The socket may hold more than was read, and is to be watched anew.
  private var isLeftUnread = false
  /// Bytes of the request's content that have come so far.
  var contentBytesReceived = 0
  /// The request whose answer `answer` is.
  var answered: AnsweredRequest?
  /// When the first byte of the request at hand came.
  @exclusivity(unchecked) private(set) var requestStart: Moment
  /// How the peer goes on with what it takes, or with the content that it sends.
  @exclusivity(unchecked) var progress: TransferProgress

  enum Phase {
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

  /// - Parameters:
  ///   - isHTTP1: whether requests of HTTP/1.1 were served on it already, by another loop.
  ///   - isGuest: whether it was accepted beyond the limit of connections.
  init(
    owning descriptor: Int32, from peer: NetworkAddress, token: UInt64, context: LoopContext, isHTTP1: Bool = false,
    isGuest: Bool = false
  ) {
    self.peer = peer
    self.descriptor = ClientSocket(owning: descriptor)
    self.token = token
    self.context = context
    self.isHTTP1 = isHTTP1
    self.isGuest = isGuest
    parser = RequestParser(limits: context.configuration.http)
    requestStart = context.now
    progress = TransferProgress(now: context.now)
  }

  /// What to watch the socket for.
  var interest: Poller.Interest {
    switch phase {
    // What is there is worked off before more is read.
    case .betweenRequests where wantsTurn, .readingHead where wantsTurn, .readingContent where wantsTurn,
      .answering where wantsTurn:
      []
    case .betweenRequests, .readingHead, .readingContent, .lingering: .arrivals
    // Nothing is read while an answer is made: who sends ahead waits. A peer that leaves is noticed.
    case .computing: .peerClosed
    case .answering: .write
    case .closed: []
    }
  }

  var isClosed: Bool {
    if case .closed = phase { true } else { false }
  }

  func takeLeftUnread() -> Bool {
    defer { isLeftUnread = false }
    return isLeftUnread
  }

  // MARK: What the loop tells

  func handle(_ event: Poller.Event) {
    if event.canWrite, case .answering = phase, !wantsTurn { continueAnswer() }
    if event.canRead { read() }
    // The end comes after the bytes, but is told of together with them.
    if event.peerClosed { isLeftUnread = true }
    if event.hasFailed || (event.peerClosed && isComputing) { close() }
  }

  func receive(_ response: Response, stream: Int32) {
    guard isComputing else { return }
    respond(response, keepsAlive: request?.keepsAlive ?? false)
    processUnread()
  }

  /// Goes on with what the last turn had no time for.
  func takeTurn() {
    guard wantsTurn else { return }
    wantsTurn = false
    if case .answering = phase { return continueAnswer() }
    guard !undelivered.isEmpty else { return processUnread() }
    let content = undelivered
    undelivered = []
    content.withUnsafeBytes { deliver($0, until: nil) }
    // Also where nothing is unread: the request may have ended with this content.
    if isReading, !wantsTurn { processUnread(evenIfEmpty: true) }
  }

  /// Nothing at once: the next answer says that it is the last, and a connection at rest is closed by its deadline.
  func stop() {}

  /// Ends the connection and whatever is done for it. The socket itself goes with this object.
  func close() {
    if case .computing(let cancellation) = phase { context.compute.cancel(cancellation) }
    phase = .closed
    answer = nil
    nextReceiver = nil
    unread = []
    undelivered = []
    wantsTurn = false
  }

  func isMovable(servedSince start: Moment) -> Bool {
    switch phase {
    case .betweenRequests: isHTTP1 && !isGuest && progress.last >= start
    case .readingHead, .readingContent, .computing, .answering: isHTTP1 && !isGuest
    case .lingering, .closed: false
    }
  }

  func releaseSocket() -> Int32? {
    guard case .betweenRequests = phase, unread.isEmpty, !wantsTurn else { return nil }
    close()
    return descriptor.release()
  }

  // MARK: Reading

  private var isComputing: Bool {
    if case .computing = phase { true } else { false }
  }

  var isReading: Bool {
    switch phase {
    case .betweenRequests, .readingHead, .readingContent: true
    case .computing, .answering, .lingering, .closed: false
    }
  }

  private func read() {
    guard isReading || isLingering else { return }
    if case .readingContent(let receiver) = phase, unread.isEmpty,
      parser.remainingContentBytes >= Connection.leastBytesReadInPlace, readInPlace(receiver)
    {
      return
    }
    let buffer = context.readBuffer
    let count = recv(descriptor.number, buffer.baseAddress, buffer.count, 0)
    guard settleRead(count, of: buffer.count), !isLingering else { return }
    let bytes = UnsafeRawBufferPointer(rebasing: buffer.prefix(count))
    guard isHTTP1 || isNoPreface(bytes) else { return }
    if unread.isEmpty {
      let consumed = process(bytes)
      if mayGoOn, consumed < bytes.count { unread = Array(bytes.dropFirst(consumed)) }
    } else {
      unread += bytes
      processUnread()
    }
  }

  /// What a read of at most `room` bytes means for the connection; whether there are bytes.
  private func settleRead(_ count: Int, of room: Int) -> Bool {
    context.note(pieceOf: count)
    isLeftUnread = count == room || (count < 0 && errno == EINTR)
    if count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR) { close() }
    return count > 0
  }

  /// Reads content into the memory where it belongs; whether there is such memory.
  private func readInPlace(_ receiver: any ContentReceiver) -> Bool {
    let wanted = min(parser.remainingContentBytes, Connection.maxBytesReadInPlace)
    var hasBytes = false
    let count = receiver.fill(atMost: wanted) { room in
      let count = recv(descriptor.number, room.baseAddress, room.count, 0)
      hasBytes = settleRead(count, of: room.count)
      return max(count, 0)
    }
    guard let count else { return false }
    guard hasBytes else { return true }
    noteContent(count)
    parser.passContent(count)
    if parser.remainingContentBytes == 0 { _ = process(UnsafeRawBufferPointer(start: nil, count: 0)) }
    return true
  }

  /// Read in a third of a millisecond, into memory that is new.
  private static let maxBytesReadInPlace = 1 << 20
  /// For less it does not matter where they land first.
  private static let leastBytesReadInPlace = 64 << 10

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
      successor = HTTP2Connection(
        descriptor: descriptor, from: peer, token: token, context: context, isGuest: isGuest, read: unread + bytes)
      // The successor has the socket; this object is done.
      close()
    }
    return false
  }

  func processUnread(evenIfEmpty: Bool = false) {
    guard isReading, evenIfEmpty || !unread.isEmpty else { return }
    let bytes = unread
    unread = []
    let consumed = bytes.withUnsafeBytes(process)
    if mayGoOn, consumed < bytes.count { unread = consumed == 0 ? bytes : Array(bytes.dropFirst(consumed)) }
  }

  /// Whether bytes that follow may still be of use.
  private var mayGoOn: Bool { !isClosed && !isLingering }

  /// Takes the bytes apart until they end, an answer has to go first, or the slice's time is over, and sends the answers
  /// that were gathered. Returns how many bytes were consumed.
  private func process(_ bytes: UnsafeRawBufferPointer) -> Int {
    isGathering = true
    let consumed = takeApart(bytes)
    isGathering = false
    if !context.outgoing.isEmpty { sendOutgoing() }
    return consumed
  }

  private func takeApart(_ bytes: UnsafeRawBufferPointer) -> Int {
    // Counted from the second step on: the clock is not looked at for a small request that comes alone.
    var sliceEnd: Moment?
    var offset = 0
    while isReading, !wantsTurn {
      if offset > 0, offset < bytes.count {
        context.readClock()
        if let sliceEnd, context.now >= sliceEnd {
          wantsTurn = true
          break
        }
        sliceEnd = sliceEnd ?? context.sliceEnd
      }
      let rest = UnsafeRawBufferPointer(rebasing: bytes[offset...])
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
        if case .betweenRequests = phase, !parser.isBetweenRequests {
          phase = .readingHead
          requestStart = context.now
        }
        return offset
      case .head(let head):
        begin(head, contentFollowsAtOnce: offset < bytes.count)
      case .content(let range):
        noteContent(range.count)
        deliver(UnsafeRawBufferPointer(rebasing: rest[range]), until: sliceEnd)
      case .end:
        end()
      }
    }
    return offset
  }

  private func begin(_ head: RequestHead, contentFollowsAtOnce: Bool) {
    if case .betweenRequests = phase { requestStart = context.now }
    request = head
    contentBytesReceived = 0
    switch context.begin(head, from: peer, isGuest: isGuest) {
    case .receive(let receiver):
      startReading(into: receiver)
      if head.expectsContinue, !contentFollowsAtOnce, isReading { sendContinue() }
    case .respond(let response):
      // A guest's place is not held for content that nobody wants.
      if isGuest { respond(response, keepsAlive: false) } else { respondEarly(response) }
    }
  }
}
