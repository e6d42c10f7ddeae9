import CNghttp2
package import UpconvHTTP
package import UpconvSystem

/// One HTTP/2 connection on the server's side, without any input or output of its own (RFC 9113, by libnghttp2).
///
/// Bytes of the peer go in by `receive`, bytes for it come out by `fill`; requests are told to the delegate. Used by
/// one thread, and never fed or drained by its own delegate. It is bounded in all that a peer can make it do or keep.
package final class HTTP2Session {
  /// Owned: made in `init`, given back in `deinit`, used nowhere else.
  let pointer: OpaquePointer
  /// Of `pointer`, and outlives it.
  unowned let delegate: any HTTP2SessionDelegate
  let limits: HTTP2Limits
  let http: HTTPLimits
  /// The time of the call at hand; whoever calls sets it before.
  package var now: Moment

  /// Streams whose requests were taken, and what is sent on them.
  var streams: [Int32: Stream] = [:]
  /// The header section that comes in at the moment: they never interleave (RFC 9113 §4.3).
  var section: HeaderSection?
  /// Size of the trailer section that comes in at the moment.
  var trailerBytes = 0
  var resets: TokenBucket
  var idleFrames: TokenBucket
  /// Whether the peer has acknowledged our SETTINGS.
  package internal(set) var isAcknowledged = false
  private(set) var isTerminated = false

  struct Stream {
    /// When the request began.
    let start: Moment
    var isAnswered = false
    /// Whether the request is HEAD and was refused while its head was read.
    var isRefusedHEAD = false
    /// Whether the answer's header section has been sent.
    var isAnswerSent = false
    var content: OutgoingContent?
  }

  private var scanner = FrameScanner()
  /// When the header section that is not complete yet began.
  package private(set) var sectionStart: Moment?

  // Where `fill` writes, for the callback that is called in it.
  var output = UnsafeMutableRawBufferPointer(start: nil, count: 0)
  var outputCount = 0
  var turnEnd: Moment
  var isPaused = false

  /// The library failed or ran out of memory.
  package struct Failure: Error {
    package let code: Int32
  }

  /// Room that a frame needs at most: its header, and what every peer must take (RFC 9113 §4.2).
  package static let maxFrameBytes = 9 + (16 << 10)

  /// Makes a session at the start of its connection; the peer's preface comes first.
  /// - Throws: `Failure` if memory ran out.
  package init(
    delegate: any HTTP2SessionDelegate, limits: HTTP2Limits, http: HTTPLimits, now: Moment
  ) throws(Failure) {
    self.delegate = delegate
    self.limits = limits
    self.http = http
    self.now = now
    turnEnd = now
    resets = TokenBucket(limits.resets, now: now)
    idleFrames = TokenBucket(limits.idleFrames, now: now)
    pointer = try HTTP2Session.makePointer()
    nghttp2_session_set_user_data(pointer, Unmanaged.passUnretained(self).toOpaque())
    try submitSettings()
  }

  deinit { nghttp2_session_del(pointer) }

  private static func makePointer() throws(Failure) -> OpaquePointer {
    var options: OpaquePointer?
    guard nghttp2_option_new(&options) == 0, let options else { throw Failure(code: NGHTTP2_ERR_NOMEM.rawValue) }
    defer { nghttp2_option_del(options) }
    // Windows open when content was used, not when it came.
    nghttp2_option_set_no_auto_window_update(options, 1)
    // Closed streams would be kept for a priority tree that is not used.
    nghttp2_option_set_no_closed_streams(options, 1)
    nghttp2_option_set_max_outbound_ack(options, 1000)
    // `resets` bounds resets instead: the library's limit also counts those that follow a late or complete answer.
    nghttp2_option_set_stream_reset_rate_limit(options, .max, .max)
    guard let callbacks = HTTP2Session.makeCallbacks() else { throw Failure(code: NGHTTP2_ERR_NOMEM.rawValue) }
    defer { nghttp2_session_callbacks_del(callbacks) }
    var pointer: OpaquePointer?
    let code = nghttp2_session_server_new2(&pointer, callbacks, nil, options)
    guard code == 0, let pointer else { throw Failure(code: code) }
    return pointer
  }

  private func submitSettings() throws(Failure) {
    func entry(_ id: nghttp2_settings_id, _ value: Int) -> nghttp2_settings_entry {
      nghttp2_settings_entry(settings_id: Int32(id.rawValue), value: UInt32(clamping: value))
    }
    let entries = [
      // No limit for the library; `announceStreamLimit` writes the peer's.
      entry(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, .max),
      entry(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, limits.streamWindowBytes),
      entry(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, http.maxHeadBytes),
      // The tree of RFC 7540 §5.3 is given up (RFC 9113 §5.3.2): all streams are served in turn.
      entry(NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1),
    ]
    try check(nghttp2_submit_settings(pointer, UInt8(NGHTTP2_FLAG_NONE.rawValue), entries, entries.count))
    try check(
      nghttp2_session_set_local_window_size(
        pointer, UInt8(NGHTTP2_FLAG_NONE.rawValue), 0, Int32(clamping: limits.connectionWindowBytes)))
  }

  /// Writes the limit of streams into the SETTINGS frame that was appended last.
  ///
  /// The library must not know the limit. Once the peer has acknowledged it, the library ends the connection at the first
  /// stream too many. RFC 9113 §5.1.2 wants a stream error, which `didBeginSection` sends.
  private func announceStreamLimit(inFrameOf count: Int) {
    let frame = UnsafeMutableRawBufferPointer(rebasing: output[(outputCount - count)..<outputCount])
    // Behind the frame's header, each entry is two octets of identifier and four of value (RFC 9113 §6.5.1).
    for offset in stride(from: 9, through: count - 6, by: 6)
    where frame[offset] == 0 && UInt32(frame[offset + 1]) == NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS.rawValue {
      let value = UInt32(clamping: limits.maxConcurrentStreams).bigEndian
      frame.storeBytes(of: value, toByteOffset: offset + 2, as: UInt32.self)
    }
  }

  private func check(_ code: Int32) throws(Failure) {
    guard code == 0 else { throw Failure(code: code) }
  }

  // MARK: Bytes in, bytes out

  /// Takes bytes of the peer, all of them. What is wrong with them ends up as frames for the peer.
  package func receive(_ bytes: UnsafeRawBufferPointer) {
    guard !isTerminated, !bytes.isEmpty else { return }
    scan(bytes)
    guard !isTerminated else { return }
    let count = nghttp2_session_mem_recv(pointer, bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count)
    guard count < 0 else { return }
    switch Int32(count) {
    case NGHTTP2_ERR_FLOODED.rawValue, HTTP2Session.tooManyContinuations: terminate(.enhanceYourCalm)
    case NGHTTP2_ERR_NOMEM.rawValue, NGHTTP2_ERR_CALLBACK_FAILURE.rawValue: terminate(.internalError)
    default: terminate(.protocolError)
    }
  }

  /// Looks at what kinds of frames come, before anything is done for them.
  private func scan(_ bytes: UnsafeRawBufferPointer) {
    var idleCount = 0
    var didBeginSection = false
    scanner.scan(bytes) { header in
      switch header.type {
      case FrameScanner.data, FrameScanner.continuation: break
      case FrameScanner.headers: didBeginSection = true
      default: idleCount += 1
      }
    }
    if scanner.mostContinuationFrames > limits.maxContinuationFrames { terminate(.enhanceYourCalm) }
    for _ in 0..<idleCount { spendIdleFrame() }
    if !scanner.isInSection {
      sectionStart = nil
    } else if didBeginSection || sectionStart == nil {
      sectionStart = now
    }
  }

  /// NGHTTP2_ERR_TOO_MANY_CONTINUATIONS, which the headers of 1.52 have in Debian only.
  private static let tooManyContinuations: Int32 = -905

  /// Writes frames to `buffer`, whole ones, until it has no room for another, the time is over, or there are none.
  /// Answers the bytes written; fewer than one where there is nothing to send now.
  /// - Parameter buffer: with room for `maxFrameBytes` at least.
  package func fill(_ buffer: UnsafeMutableRawBufferPointer, until turnEnd: Moment) -> Int {
    output = buffer
    outputCount = 0
    self.turnEnd = turnEnd
    defer { output = UnsafeMutableRawBufferPointer(start: nil, count: 0) }
    while hasRoom, outputCount == 0 || Moment.now < turnEnd {
      var frame: UnsafePointer<UInt8>?
      isPaused = false
      let before = outputCount
      let count = nghttp2_session_mem_send(pointer, &frame)
      if count > 0, let frame {
        append(UnsafeRawBufferPointer(start: frame, count: count))
        if UInt32(frame[3]) == NGHTTP2_SETTINGS.rawValue { announceStreamLimit(inFrameOf: count) }
      } else if count < 0 || (!isPaused && outputCount == before) {
        break
      }
    }
    return outputCount
  }

  var hasRoom: Bool { output.count - outputCount >= HTTP2Session.maxFrameBytes }

  func append(_ bytes: UnsafeRawBufferPointer) {
    UnsafeMutableRawBufferPointer(rebasing: output[outputCount...]).copyMemory(from: bytes)
    outputCount += bytes.count
  }

  /// Whether `fill` would have something; not where all answers wait for the peer's windows.
  package var wantsToSend: Bool { nghttp2_session_want_write(pointer) != 0 }

  /// Releases the table of streams while no request is under way.
  package func rest() {
    guard streams.isEmpty, !wantsToSend else { return }
    streams = [:]
  }

  /// Whether nothing follows in either direction.
  package var isFinished: Bool {
    nghttp2_session_want_read(pointer) == 0 && nghttp2_session_want_write(pointer) == 0
  }

  /// Whether so many frames wait for a peer that does not read that it is not listened to either.
  package var isCongested: Bool { nghttp2_session_get_outbound_queue_size(pointer) >= limits.maxQueuedFrames }

  // MARK: Answers

  /// Says that the content may come (RFC 9110 §15.2.1).
  package func sendContinue(stream: Int32) {
    let fields = ResponseFields(
      Response(status: Status(100, "Continue")), method: nil, date: HTTPDate(secondsSince1970: 0))
    HTTP2Session.withNameValues(of: fields) { pairs in
      _ = nghttp2_submit_headers(
        pointer, UInt8(NGHTTP2_FLAG_NONE.rawValue), stream, nil, pairs.baseAddress, pairs.count, nil)
    }
  }

  /// Answers a stream, once; its content is asked for as it can be sent.
  package func respond(_ response: Response, method: HTTPMethod?, date: HTTPDate, stream: Int32) {
    guard let request = streams[stream], !request.isAnswered else { return }
    let method = request.isRefusedHEAD ? .head : method
    let fields = ResponseFields(response, method: method, date: date)
    let content = fields.hasContent ? OutgoingContent(response.content) : nil
    streams[stream]?.isAnswered = true
    streams[stream]?.content = content
    let code = HTTP2Session.withNameValues(of: fields) { pairs in
      guard let content else {
        return nghttp2_submit_response(pointer, stream, pairs.baseAddress, pairs.count, nil)
      }
      // `streams` owns the content until the stream is closed, and the library asks for it no longer.
      var provider = nghttp2_data_provider(
        source: nghttp2_data_source(ptr: Unmanaged.passUnretained(content).toOpaque()),
        read_callback: HTTP2Session.readContent)
      return nghttp2_submit_response(pointer, stream, pairs.baseAddress, pairs.count, &provider)
    }
    if code != 0 { reset(stream: stream, .internalError) }
  }

  /// What of an answer was encoded while it was sent.
  package func encoding(stream: Int32) -> StageTimes { streams[stream]?.content?.encoding ?? StageTimes() }

  /// Names and values where they stand, for the length of a call: the library copies them.
  private static func withNameValues<Result>(
    of fields: ResponseFields, _ body: (UnsafeMutableBufferPointer<nghttp2_nv>) -> Result
  ) -> Result {
    fields.bytes.withUnsafeBufferPointer { bytes in
      withUnsafeTemporaryAllocation(of: nghttp2_nv.self, capacity: fields.lengths.count) { pairs in
        var next = UnsafeMutablePointer(mutating: bytes.baseAddress!)
        for (index, lengths) in fields.lengths.enumerated() {
          pairs.initializeElement(
            at: index,
            to: nghttp2_nv(
              name: next, value: next + lengths.name, namelen: lengths.name, valuelen: lengths.value,
              flags: UInt8(NGHTTP2_NV_FLAG_NONE.rawValue)))
          next += lengths.name + lengths.value
        }
        return body(pairs)
      }
    }
  }

  /// Ends a stream; an answer that is under way is cut off.
  package func reset(stream: Int32, _ code: HTTP2ErrorCode) {
    _ = nghttp2_submit_rst_stream(pointer, UInt8(NGHTTP2_FLAG_NONE.rawValue), stream, code.rawValue)
  }

  // MARK: The end

  /// Says that the connection will end, and asks for a sign that this was read: requests that are on their way are
  /// still taken (RFC 9113 §6.8).
  package func announceShutdown() {
    _ = nghttp2_submit_shutdown_notice(pointer)
    _ = nghttp2_submit_ping(pointer, UInt8(NGHTTP2_FLAG_NONE.rawValue), nil)
  }

  /// Says which requests were the last. Those are answered; then the session is finished.
  package func goAway() {
    _ = nghttp2_submit_goaway(
      pointer, UInt8(NGHTTP2_FLAG_NONE.rawValue), nghttp2_session_get_last_proc_stream_id(pointer),
      HTTP2ErrorCode.noError.rawValue, nil, 0)
  }

  /// Ends the connection as soon as the peer was told why.
  package func terminate(_ code: HTTP2ErrorCode) {
    guard !isTerminated else { return }
    isTerminated = true
    _ = nghttp2_session_terminate_session(pointer, code.rawValue)
  }
}
