/// A request's start-line and fields, checked: what a handler decides on before any content is read.
package struct RequestHead: Sendable, Equatable {
  package enum Version: Sendable, Equatable { case http10, http11, http2 }

  /// How the content that follows is delimited (RFC 9112 §6).
  package enum Framing: Sendable, Equatable {
    /// No content: neither Content-Length nor Transfer-Encoding.
    case none
    case contentLength(Int)
    /// Of a length that is not known: in chunks, or in HTTP/2 up to the end of its stream.
    case chunked
  }

  package var method: HTTPMethod
  package var target: RequestTarget
  package var version: Version
  package var fields: HTTPFields
  package var framing: Framing
  /// Whether the connection may serve another request after this one (RFC 9112 §9.3).
  package var keepsAlive: Bool
  /// Whether the client waits for a 100 (Continue) before it sends the content (RFC 9110 §10.1.1).
  package var expectsContinue: Bool

  /// A head as the parser makes it, or as a test wants it.
  package init(
    method: HTTPMethod, target: RequestTarget, version: Version = .http11, fields: HTTPFields = HTTPFields(),
    framing: Framing = .none, keepsAlive: Bool = true, expectsContinue: Bool = false
  ) {
    self.method = method
    self.target = target
    self.version = version
    self.fields = fields
    self.framing = framing
    self.keepsAlive = keepsAlive
    self.expectsContinue = expectsContinue
  }

  /// Bytes of memory that its path and fields take.
  package var heldBytes: Int {
    let pathBytes = if case .resource(let path) = target { path.path.utf8.count } else { 0 }
    return pathBytes + fields.octetCount
  }

  /// What is still asked of a head after the decision on it: method, path, framing, and of the fields those that tell who
  /// sent it, from which page, in which trace. Without the rest a hundred requests of one connection may wait.
  package var decided: RequestHead {
    var head = self
    if case .resource(let path) = target { head.target = .resource(path.shortened) }
    head.fields = HTTPFields()
    for name in ["authorization", "origin", "traceparent"] {
      // Longer ones are none that mean something.
      for value in fields.values(of: name) where value.utf8.count <= 1024 { head.fields.append(name, value) }
    }
    return head
  }
}

/// The methods of RFC 9110 §9 and RFC 5789, and QUERY. Any other token is refused by the parser as not implemented.
package enum HTTPMethod: String, Sendable, CaseIterable {
  case get = "GET"
  case head = "HEAD"
  case post = "POST"
  case put = "PUT"
  case delete = "DELETE"
  case options = "OPTIONS"
  case patch = "PATCH"
  case connect = "CONNECT"
  case trace = "TRACE"
  case query = "QUERY"
}

/// What a request asks for (RFC 9112 §3.2), decoded once.
package enum RequestTarget: Sendable, Equatable {
  /// origin-form or absolute-form.
  case resource(ResourcePath)
  /// asterisk-form: `OPTIONS *`.
  case server
}

/// A path and its query, percent-decoded after they were split (RFC 3986 §2.4), so that an encoded delimiter
/// never becomes one.
package struct ResourcePath: Sendable, Equatable {
  /// The path, decoded, from its first `/` on; a `/` and a `%` inside a segment stay `%2F` and `%25`. Two paths are the
  /// same exactly if these are.
  package let path: String
  /// `a=1&b` is `[("a", "1"), ("b", "")]`, in order, duplicates kept; `+` is a space here as HTML forms have
  /// it.
  package var query: [QueryItem]

  package struct QueryItem: Sendable, Equatable {
    package var name: String
    package var value: String

    package init(name: String, value: String) {
      self.name = name
      self.value = value
    }
  }

  /// - Parameter segments: decoded.
  package init(segments: [String], query: [QueryItem] = []) {
    path = segments.reduce(into: "") { path, segment in
      path += "/"
      for character in segment.unicodeScalars {
        switch character {
        case "/": path += "%2F"
        case "%": path += "%25"
        default: path.unicodeScalars.append(character)
        }
      }
    }
    self.query = query
  }

  /// - Parameter path: as `path` is, with nothing in it that is encoded.
  init(plain path: String, query: [QueryItem]) {
    self.path = path
    self.query = query
  }

  /// The same path with another query.
  func with(_ query: [QueryItem]) -> ResourcePath { ResourcePath(plain: path, query: query) }

  /// Returns the path without its query. Of a path that is longer than any resource's the middle is left out: it is only
  /// told of, and its beginning and its end say which kind of resource was meant.
  var shortened: ResourcePath {
    guard path.utf8.count > ResourcePath.mostBytesKept else { return with([]) }
    let scalars = path.unicodeScalars
    let half = ResourcePath.mostBytesKept / 8
    var short = String(scalars.prefix(half))
    short += "..."
    short.unicodeScalars.append(contentsOf: scalars.suffix(half))
    return ResourcePath(plain: short, query: [])
  }

  /// A model's name has 255 bytes at most.
  private static let mostBytesKept = 1024

  /// What stands between the slashes, decoded: `/v2/health/live` is `["v2", "health", "live"]`, `/` is `[""]`.
  /// O(octets).
  package var segments: [String] {
    var segments: [String] = []
    segments.reserveCapacity(8)
    var start = path.utf8.dropFirst().startIndex
    var position = start
    var isPlain = true
    func end() {
      let segment = path[start..<position]
      // Never nil: what was encoded here can be decoded.
      segments.append(isPlain ? String(segment) : PercentEncoding.decode(segment.utf8, plusIsSpace: false) ?? "")
    }
    while position < path.endIndex {
      let byte = path.utf8[position]
      if byte == ASCII.slash {
        end()
        start = path.utf8.index(after: position)
        isPlain = true
      } else if byte == ASCII.percent {
        isPlain = false
      }
      path.utf8.formIndex(after: &position)
    }
    end()
    return segments
  }
}
