import CNghttp2
import UpconvHTTP
import UpconvSystem

/// What each frame does, and what it costs its sender.
extension HTTP2Session {
  // MARK: Frames in

  /// Answers the library's code: what is refused here never becomes a stream.
  func didBeginSection(_ frame: nghttp2_frame) -> Int32 {
    guard frame.headers.cat == NGHTTP2_HCAT_REQUEST else {
      trailerBytes = 0
      return 0
    }
    let stream = frame.hd.stream_id
    guard streams.count < limits.maxConcurrentStreams else {
      reset(stream: stream, .refusedStream)
      // A peer that has not seen the limit is not at fault.
      if isAcknowledged { spendReset() } else { spendIdleFrame() }
      return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue
    }
    streams[stream] = Stream(start: now)
    section = HeaderSection(limits: http)
    // All take turns, whatever a client says of their importance (RFC 9218 §12 leaves that to the server).
    var priority = nghttp2_extpri(urgency: UInt32(NGHTTP2_EXTPRI_DEFAULT_URGENCY), inc: 1)
    _ = nghttp2_session_change_extpri_stream_priority(pointer, stream, &priority, 1)
    return 0
  }

  func didReceiveField(_ frame: nghttp2_frame, name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
    guard !isTerminated else { return }
    guard frame.headers.cat == NGHTTP2_HCAT_REQUEST else {
      trailerBytes += name.count + value.count + 32
      if trailerBytes > limits.headBytesTolerance * http.maxHeadBytes { terminate(.enhanceYourCalm) }
      return
    }
    section?.append(name: name, value: value)
    if let section, section.bytes > limits.headBytesTolerance * http.maxHeadBytes { terminate(.enhanceYourCalm) }
  }

  func didReceiveFrame(_ frame: nghttp2_frame) {
    guard !isTerminated else { return }
    let endsStream = UInt32(frame.hd.flags) & NGHTTP2_FLAG_END_STREAM.rawValue != 0
    let isAcknowledgement = UInt32(frame.hd.flags) & NGHTTP2_FLAG_ACK.rawValue != 0
    switch UInt32(frame.hd.type) {
    case NGHTTP2_HEADERS.rawValue:
      if frame.headers.cat == NGHTTP2_HCAT_REQUEST {
        requestCame(stream: frame.hd.stream_id, endsStream: endsStream)
      } else {
        trailersCame(stream: frame.hd.stream_id, endsStream: endsStream)
      }
    case NGHTTP2_DATA.rawValue:
      // Padding alone is nothing either.
      if frame.hd.length == frame.data.padlen, !endsStream { spendIdleFrame() }
      if endsStream, streams[frame.hd.stream_id] != nil { delegate.end(stream: frame.hd.stream_id) }
    case NGHTTP2_RST_STREAM.rawValue:
      guard let stream = streams[frame.hd.stream_id] else { break }
      // `scan` has counted the frame as idle.
      if isRapid(resetOf: stream) { spendReset() } else { idleFrames.earn(1) }
    case NGHTTP2_SETTINGS.rawValue:
      if isAcknowledgement { isAcknowledged = true }
    case NGHTTP2_PING.rawValue:
      if isAcknowledgement { delegate.didRoundTrip() }
    default:
      break
    }
  }

  private func requestCame(stream: Int32, endsStream: Bool) {
    guard let section = section.take(), streams[stream] != nil else { return }
    let head: RequestHead
    do throws(RequestError) {
      head = try section.head(endsStream: endsStream)
    } catch {
      streams[stream]?.isRefusedHEAD = section.isHEAD
      delegate.refuse(error, stream: stream)
      if endsStream { delegate.end(stream: stream) }
      return
    }
    delegate.begin(head, stream: stream)
    if endsStream { delegate.end(stream: stream) }
  }

  /// Trailers are read and ignored, up to their limit (RFC 9110 §6.5.1).
  private func trailersCame(stream: Int32, endsStream: Bool) {
    guard streams[stream] != nil else { return }
    if trailerBytes > http.maxTrailerBytes {
      delegate.refuse(.trailersTooLarge(maxBytes: http.maxTrailerBytes), stream: stream)
    }
    if endsStream { delegate.end(stream: stream) }
  }

  func didReceiveContent(_ content: UnsafeRawBufferPointer, stream: Int32) {
    let isWanted = !isTerminated && streams[stream] != nil && delegate.receive(content, stream: stream)
    // The connection's window opens in any case, or what nobody wants would close it for all other streams.
    if isWanted {
      _ = nghttp2_session_consume(pointer, stream, content.count)
    } else {
      _ = nghttp2_session_consume_connection(pointer, content.count)
    }
  }

  // MARK: Frames out

  func didSendFrame(_ frame: nghttp2_frame) {
    let endsStream = UInt32(frame.hd.flags) & NGHTTP2_FLAG_END_STREAM.rawValue != 0
    switch UInt32(frame.hd.type) {
    case NGHTTP2_HEADERS.rawValue:
      idleFrames.earn(1)
      if let stream = streams[frame.hd.stream_id] { streams[frame.hd.stream_id]?.isAnswerSent = stream.isAnswered }
      delegate.didSend(bytes: 0, isLast: endsStream, stream: frame.hd.stream_id)
      if endsStream { answerEnded(frame.hd.stream_id) }
    case NGHTTP2_DATA.rawValue:
      // The peer opens its windows by as much, some in steps of a few KiB on stream and connection both. Crumbs earn
      // nearly nothing: it asked for them by opening its windows too little.
      idleFrames.earn(Double(frame.hd.length) / HTTP2Session.bytesPerIdleFrame + (endsStream ? 1 : 0))
      delegate.didSend(bytes: frame.hd.length, isLast: endsStream, stream: frame.hd.stream_id)
      if endsStream { answerEnded(frame.hd.stream_id) }
    case NGHTTP2_RST_STREAM.rawValue:
      switch HTTP2ErrorCode(rawValue: frame.rst_stream.error_code) {
      // A refusal was counted when it was decided.
      case .noError, .refusedStream: break
      // Given up for other reasons than a fault.
      case .cancel: if streams[frame.hd.stream_id].map(isRapid) ?? true { spendReset() }
      // The peer's fault, whether its request was answered first or not.
      default: spendReset()
      }
    default:
      break
    }
  }

  /// Releases the content of an answer that was sent whole: its client may keep the stream open for a while.
  private func answerEnded(_ stream: Int32) {
    resets.earn(limits.resetsPerAnswer)
    streams[stream]?.content = nil
  }

  /// So many bytes of content sent allow the peer one frame that leads nowhere.
  private static let bytesPerIdleFrame = 512.0

  /// Writes one DATA frame, and answers the library's code: whether it goes on with the next.
  func writeContent(header: UnsafeRawBufferPointer, count: Int, _ content: OutgoingContent) -> Int32 {
    guard output.count - outputCount >= header.count + count else {
      isPaused = true
      return NGHTTP2_ERR_WOULDBLOCK.rawValue
    }
    append(header)
    content.copy(to: UnsafeMutableRawBufferPointer(rebasing: output[outputCount..<(outputCount + count)]))
    outputCount += count
    guard hasRoom, Moment.now < turnEnd else {
      isPaused = true
      return NGHTTP2_ERR_PAUSE.rawValue
    }
    return 0
  }

  func didCloseStream(_ stream: Int32) {
    guard streams.removeValue(forKey: stream) != nil else { return }
    delegate.didClose(stream: stream)
  }

  // MARK: Floods

  /// Returns whether a reset now would let the peer ask for more work than its number of streams allows.
  private func isRapid(resetOf stream: Stream) -> Bool {
    !stream.isAnswerSent && now - stream.start < limits.leastPatience
  }

  func spendIdleFrame() {
    if !idleFrames.spend(now: now) { terminate(.enhanceYourCalm) }
  }

  func spendReset() {
    if !resets.spend(now: now) { terminate(.enhanceYourCalm) }
  }
}
