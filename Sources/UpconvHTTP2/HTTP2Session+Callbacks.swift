import CNghttp2
import UpconvHTTP

/// What the library calls while it reads or writes bytes; each callback leads to the session that the call is for.
///
/// The user data of a library session is its `HTTP2Session`, which owns it and so outlives every call.
extension HTTP2Session {
  /// Returns the callbacks, which the caller deletes; nil if memory ran out.
  static func makeCallbacks() -> OpaquePointer? {
    var callbacks: OpaquePointer?
    guard nghttp2_session_callbacks_new(&callbacks) == 0, let callbacks else { return nil }
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks) { _, frame, user in
      HTTP2Session.session(user).didBeginSection(frame!.pointee)
    }
    nghttp2_session_callbacks_set_on_header_callback(callbacks) {
      _, frame, name, nameLength, value, valueLength, _, user in
      HTTP2Session.session(user).didReceiveField(
        frame!.pointee, name: UnsafeRawBufferPointer(start: name, count: nameLength),
        value: UnsafeRawBufferPointer(start: value, count: valueLength))
      return 0
    }
    nghttp2_session_callbacks_set_on_invalid_header_callback(callbacks) { _, _, _, _, _, _, _, _ in
      // Not left out silently: the stream is reset with PROTOCOL_ERROR (RFC 9113 §8.1.1).
      NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue
    }
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks) { _, frame, user in
      HTTP2Session.session(user).didReceiveFrame(frame!.pointee)
      return 0
    }
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks) { _, _, stream, bytes, count, user in
      HTTP2Session.session(user).didReceiveContent(UnsafeRawBufferPointer(start: bytes, count: count), stream: stream)
      return 0
    }
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks) { _, _, _, user in
      HTTP2Session.session(user).spendReset()
      return 0
    }
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks) { _, frame, user in
      HTTP2Session.session(user).didSendFrame(frame!.pointee)
      return 0
    }
    nghttp2_session_callbacks_set_send_data_callback(callbacks) { _, frame, header, count, source, user in
      HTTP2Session.session(user).writeContent(
        header: UnsafeRawBufferPointer(start: header, count: 9), count: count,
        OutgoingContent.of(source!.pointee))
    }
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks) { _, stream, _, user in
      HTTP2Session.session(user).didCloseStream(stream)
      return 0
    }
    return callbacks
  }

  /// Says how much content the next DATA frame has; `writeContent` copies it to where it is sent from.
  static let readContent: nghttp2_data_source_read_callback = { _, _, _, maxBytes, flags, source, _ in
    guard let next = OutgoingContent.of(source!.pointee).next(maxBytes: maxBytes) else {
      // The stream is reset: what was announced cannot be kept.
      return Int(NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue)
    }
    flags!.pointee |= UInt32(NGHTTP2_DATA_FLAG_NO_COPY.rawValue)
    if next.isLast { flags!.pointee |= UInt32(NGHTTP2_DATA_FLAG_EOF.rawValue) }
    return next.count
  }

  private static func session(_ user: UnsafeMutableRawPointer?) -> HTTP2Session {
    Unmanaged<HTTP2Session>.fromOpaque(user!).takeUnretainedValue()
  }
}

extension OutgoingContent {
  fileprivate static func of(_ source: nghttp2_data_source) -> OutgoingContent {
    Unmanaged<OutgoingContent>.fromOpaque(source.ptr).takeUnretainedValue()
  }
}
