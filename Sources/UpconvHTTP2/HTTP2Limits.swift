/// What one HTTP/2 connection may ask for beyond what `HTTPLimits` bounds in each request. Who passes a limit that is
/// not a stream's own is sent away with GOAWAY ENHANCE_YOUR_CALM.
package struct HTTP2Limits: Sendable, Equatable {
  /// Requests at one time; one more is reset with REFUSED_STREAM, and may be sent again. A refusal counts as a rapid
  /// reset once the peer has acknowledged the limit, and as an idle frame before.
  package var maxConcurrentStreams = 100

  /// Bytes that a peer may send ahead on one stream. Content is taken as it comes, so they wait in the system's
  /// buffers, not here.
  package var streamWindowBytes = 4 << 20

  /// Bytes that a peer may send ahead on all streams together.
  package var connectionWindowBytes = 16 << 20

  /// CONTINUATION frames behind one HEADERS frame (CVE-2024-28182).
  package var maxContinuationFrames = 8

  /// By how much a header section may pass `HTTPLimits.maxHeadBytes` while it is decoded for the sake of the shared
  /// compression state, although its request is refused already.
  package var headBytesTolerance = 4

  /// Rapid resets: streams that end by an error before an answer, and before `leastPatience` has passed. The peer
  /// resets them (CVE-2023-44487), or makes us reset them by its faults (CVE-2025-8671).
  package var resets = TokenBucket.Rate(burst: 100, perSecond: 10)

  /// A stream that lived this long is not reset rapidly. `maxConcurrentStreams` bounds such resets: 100 streams allow
  /// 400 a second, which is fewer than the requests that a peer may have answered.
  package var leastPatience: Duration = .milliseconds(250)

  /// Rapid resets that each complete answer allows on top: one of three requests may be cancelled at any speed.
  package var resetsPerAnswer = 0.5

  /// Bytes of content that are taken and dropped after early answers, on all streams together: 256 MiB, and 16 MiB a
  /// second. Beyond it the stream is reset with NO_ERROR.
  package var unwantedContent = TokenBucket.Rate(burst: 0x1p28, perSecond: 0x1p24)

  /// Frames that lead nowhere: PING, SETTINGS, PRIORITY, WINDOW_UPDATE, empty DATA and HEADERS, unknown types
  /// (CVE-2019-9511 to 9518). Content that is sent to the peer allows it more of them.
  package var idleFrames = TokenBucket.Rate(burst: 1000, perSecond: 100)

  /// Frames that are queued for a peer that does not read.
  package var maxQueuedFrames = 1000

  package init() {}
}
