import CNghttp2

/// The library behind `HTTP2Session`, as it was found at run time.
package enum HTTP2Library {
  /// `1.52.0`, for instance.
  package static var version: String {
    nghttp2_version(0).map { String(cString: $0.pointee.version_str) } ?? "unknown"
  }
}
