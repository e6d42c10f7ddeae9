import UpconvHTTP
import UpconvHTTP2

/// What follows a preface of HTTP/2: the session tells the same however the bytes come, sends nothing but whole frames
/// of allowed sizes, and ends when it has told its peer that it does.
func fuzzHTTP2Session(_ input: [UInt8]) {
  var tight = HTTP2Limits()
  tight.maxConcurrentStreams = 2
  tight.streamWindowBytes = 100
  tight.maxContinuationFrames = 1
  tight.resets = TokenBucket.Rate(burst: 2, perSecond: 1)
  tight.idleFrames = TokenBucket.Rate(burst: 8, perSecond: 1)
  for limits in [HTTP2Limits(), tight] {
    let whole = Conversation([input[...]], limits, drainsBetween: false)
    for pieces in Cuts.ways(of: input) {
      let cut = Conversation(pieces, limits, drainsBetween: false)
      let what = "pieces \(pieces.map(\.count))"
      if whole.isEndedByError || cut.isEndedByError {
        // What came before a fault is told where it came in an earlier piece.
        let count = min(whole.told.count, cut.told.count)
        expectEqual(Array(cut.told.prefix(count)), Array(whole.told.prefix(count)), what)
      } else {
        expectEqual(cut.told, whole.told, what)
      }
      _ = Conversation(pieces, limits, drainsBetween: true)
    }
  }
}

/// A connection from its preface to the end of the input: what its session told, and what it sent.
private final class Conversation: HTTP2SessionDelegate {
  enum Told: Equatable {
    case head(RequestHead, stream: Int32)
    case refused(RequestError, stream: Int32)
    case content([UInt8], stream: Int32)
    case end(stream: Int32)
  }

  private(set) var told: [Told] = []
  /// The session has sent GOAWAY with an error.
  private(set) var isEndedByError = false
  private var session: HTTP2Session?
  private var sent: [UInt8] = []
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 8)

  init(_ pieces: [ArraySlice<UInt8>], _ limits: HTTP2Limits, drainsBetween: Bool) {
    defer { buffer.deallocate() }
    // The same moment all along: buckets do not fill while it is fuzzed.
    guard let session = try? HTTP2Session(delegate: self, limits: limits, http: HTTPLimits(), now: ContinuousClock.now)
    else {
      fatalError("no session")
    }
    self.session = session
    ConnectionPreface.bytes.withUnsafeBytes(session.receive)
    for piece in pieces {
      Cuts.withMemory(piece) { session.receive($0) }
      if drainsBetween { drain(session) }
    }
    drain(session)
    session.announceShutdown()
    drain(session)
    session.goAway()
    drain(session)
    checkFrames()
    self.session = nil
  }

  private func drain(_ session: HTTP2Session) {
    while true {
      let count = session.fill(buffer, until: ContinuousClock.now + .seconds(60))
      guard count > 0 else { return }
      guard count <= buffer.count else { fatalError("more was sent than there is room") }
      sent += buffer.prefix(count)
      guard sent.count < 64 << 20 else { fatalError("a few bytes are answered by megabytes") }
    }
  }

  /// RFC 9113 §4.1: frames of at most 16 KiB, whole ones, the first of them SETTINGS; the last GOAWAY.
  private func checkFrames() {
    var rest = sent[...]
    var types: [UInt8] = []
    while !rest.isEmpty {
      guard rest.count >= 9 else { fatalError("half a frame header") }
      let header = Array(rest.prefix(9))
      let length = header.prefix(3).reduce(0) { $0 << 8 | Int($1) }
      guard length <= 16 << 10, rest.count >= 9 + length else { fatalError("a frame of \(length) bytes") }
      let payload = rest.dropFirst(9).prefix(length)
      types.append(header[3])
      if header[3] == 7, payload.dropFirst(4).prefix(4).contains(where: { $0 != 0 }) { isEndedByError = true }
      rest = rest.dropFirst(9 + length)
    }
    guard types.first == 4, types.contains(7) else { fatalError("frames of types \(types)") }
  }

  private func answer(_ stream: Int32) {
    let text = Response(status: .ok, content: .bytes(Array(repeating: 0x61, count: 300)))
    session?.respond(text, method: .get, date: HTTPDate(secondsSince1970: 0), stream: stream)
  }

  func begin(_ head: RequestHead, stream: Int32) {
    told.append(.head(head, stream: stream))
    if head.expectsContinue { session?.sendContinue(stream: stream) }
    // Some are answered before their content has come.
    if head.method == .put { answer(stream) }
  }

  func refuse(_ error: RequestError, stream: Int32) {
    told.append(.refused(error, stream: stream))
    answer(stream)
  }

  func receive(_ content: UnsafeRawBufferPointer, stream: Int32) -> Bool {
    if case .content(let before, let last)? = told.last, last == stream {
      told[told.count - 1] = .content(before + Array(content), stream: stream)
    } else {
      told.append(.content(Array(content), stream: stream))
    }
    return true
  }

  func end(stream: Int32) {
    told.append(.end(stream: stream))
    answer(stream)
  }

  func didSend(bytes: Int, isLast: Bool, stream: Int32) {}
  func didClose(stream: Int32) {}
  func didRoundTrip() {}
}
