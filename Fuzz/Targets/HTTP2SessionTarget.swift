import UpconvHTTP
import UpconvHTTP2
import UpconvSystem

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
      var faulty = whole.faultyStreams.union(cut.faultyStreams)
      // The reset of a faulty stream does not come where the connection ends by an error before it is sent.
      if whole.isEndedByError || cut.isEndedByError {
        faulty.formUnion(whole.openStreams)
        faulty.formUnion(cut.openStreams)
      }
      let (one, other) = (cut.told(besidesContentOf: faulty), whole.told(besidesContentOf: faulty))
      if whole.isEndedByError || cut.isEndedByError {
        // What came before a fault is told where it came in an earlier piece.
        let count = min(one.count, other.count)
        expectEqual(Array(one.prefix(count)), Array(other.prefix(count)), what)
      } else {
        expectEqual(one, other, what)
      }
      for stream in faulty {
        // So is content before the byte that was one too many. What has ended was whole.
        let (one, other) = (cut.content(of: stream), whole.content(of: stream))
        let ends = cut.told.contains(.end(stream: stream)) || whole.told.contains(.end(stream: stream))
        let count = ends ? max(one.count, other.count) : min(one.count, other.count)
        expectEqual(Array(one.prefix(count)), Array(other.prefix(count)), what)
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
  /// Reset by the session because of what their peer sent: PROTOCOL_ERROR, FLOW_CONTROL_ERROR.
  private(set) var faultyStreams: Set<Int32> = []
  private var session: HTTP2Session?
  private var sent: [UInt8] = []
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 8)

  init(_ pieces: [ArraySlice<UInt8>], _ limits: HTTP2Limits, drainsBetween: Bool) {
    defer { buffer.deallocate() }
    // The same moment all along: buckets do not fill while it is fuzzed.
    guard let session = try? HTTP2Session(delegate: self, limits: limits, http: HTTPLimits(), now: Moment.now)
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
      let count = session.fill(buffer, until: Moment.now + .seconds(60))
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
      if header[3] == 3, [[0, 0, 0, 1], [0, 0, 0, 3]].contains(Array(payload)) {
        faultyStreams.insert(header.suffix(4).reduce(0) { $0 << 8 | Int32($1) })
      }
      rest = rest.dropFirst(9 + length)
    }
    guard types.first == 4, types.contains(7) else { fatalError("frames of types \(types)") }
  }

  /// Everything but the content of these, what remains in as few pieces as there can be.
  func told(besidesContentOf streams: Set<Int32>) -> [Told] {
    var rest: [Told] = []
    for event in told {
      if case .content(let bytes, let stream) = event {
        if streams.contains(stream) { continue }
        if case .content(let before, stream)? = rest.last {
          rest[rest.count - 1] = .content(before + bytes, stream: stream)
          continue
        }
      }
      rest.append(event)
    }
    return rest
  }

  /// Those whose requests have begun and not ended; the content of a refused one may still come.
  var openStreams: Set<Int32> {
    var streams: Set<Int32> = []
    for event in told {
      switch event {
      case .head(_, let stream), .refused(_, let stream): streams.insert(stream)
      case .end(let stream): streams.remove(stream)
      case .content: break
      }
    }
    return streams
  }

  func content(of stream: Int32) -> [UInt8] {
    told.flatMap { event in
      if case .content(let bytes, stream) = event { bytes } else { [] as [UInt8] }
    }
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
