package import UpconvHTTP
package import UpconvHTTP2
package import UpconvMemory

/// How a server listens, and how long and how much it waits for anybody.
package struct ServerConfiguration: Sendable {
  /// A numeric IPv4 or IPv6 address. Loopback unless told otherwise.
  package var address = "127.0.0.1"
  /// 0 lets the system choose.
  package var port: UInt16 = 8080
  /// Whether other processes of the same user may listen on the same port (SO_REUSEPORT): the system deals new
  /// connections to all of them.
  package var sharesPort = false
  /// Event loops, each on a thread of its own.
  package var eventLoops = 1
  /// Connections in all. One more takes the place of an idle one; if none is idle only a health probe is served on it,
  /// any other request is answered 503.
  package var maxConnections = 4096
  /// What answers that are there whole may take while clients of HTTP/2 keep them waiting.
  package var memoryOfUncomputedAnswers = MemoryBudget(maxBytes: .max)
  package var http = HTTPLimits()
  package var http2 = HTTP2Limits()
  /// From the first byte of a head to its end.
  package var headTimeout: Duration = .seconds(10)
  /// From the first byte of a request until its answer begins.
  package var requestTimeout: Duration = .seconds(120)
  /// Between two requests, and without progress while an answer is sent.
  package var idleTimeout: Duration = .seconds(75)
  /// Bytes per second that contents must come with, averaged from their beginning; 0 for any rate.
  package var minContentRate = 1024
  /// How long a content is under way before it is refused for its rate.
  package var contentGrace: Duration = .seconds(10)

  package init() {}
}
