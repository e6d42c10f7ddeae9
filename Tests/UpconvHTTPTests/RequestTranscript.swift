import UpconvHTTP

/// Everything a parser told about some bytes: pieces of content are joined, so that transcripts of the same
/// bytes are equal however they were cut.
struct RequestTranscript: Equatable {
  enum Entry: Equatable {
    case head(RequestHead)
    case content([UInt8])
    case end
    case failure(RequestError)
  }

  private(set) var entries: [Entry] = []
  /// Bytes that were shown and not consumed.
  private(set) var leftover = 0

  init(_ text: String, limits: HTTPLimits = HTTPLimits()) { self.init([Array(text.utf8)], limits: limits) }

  /// Shows `pieces` one after the other, each in memory of its own of just the right size, together with what
  /// was not consumed before.
  init(_ pieces: [[UInt8]], limits: HTTPLimits = HTTPLimits()) {
    var parser = RequestParser(limits: limits)
    var pending: [UInt8] = []
    for piece in pieces {
      pending += piece
      guard show(&pending, to: &parser) else { break }
    }
    leftover = pending.count
  }

  var heads: [RequestHead] {
    entries.compactMap { if case .head(let head) = $0 { head } else { nil } }
  }

  var contents: [String] {
    entries.compactMap {
      if case .content(let bytes) = $0 { String(decoding: bytes, as: UTF8.self) } else { nil }
    }
  }

  var failure: RequestError? {
    if case .failure(let error) = entries.last { error } else { nil }
  }

  /// Drives `parser` until it asks for more; false when it has thrown.
  private mutating func show(_ pending: inout [UInt8], to parser: inout RequestParser) -> Bool {
    while true {
      let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: pending.count, alignment: 1)
      defer { memory.deallocate() }
      memory.copyBytes(from: pending)
      do throws(RequestError) {
        let step = try parser.next(UnsafeRawBufferPointer(memory))
        // The contract, on every step.
        guard (0...pending.count).contains(step.consumed) else { fatalError("consumed what was not shown") }
        switch step.event {
        case .needMoreBytes: break
        case .head(let head): entries.append(.head(head))
        case .content(let range):
          guard !range.isEmpty, range.upperBound == step.consumed else { fatalError("content is misplaced") }
          append(pending[range])
        case .end: entries.append(.end)
        }
        pending.removeFirst(step.consumed)
        if step.event == .needMoreBytes { return true }
      } catch {
        entries.append(.failure(error))
        return false
      }
    }
  }

  private mutating func append(_ content: ArraySlice<UInt8>) {
    if case .content(let before) = entries.last {
      entries[entries.count - 1] = .content(before + content)
    } else {
      entries.append(.content(Array(content)))
    }
  }
}

/// Requests that are read whole by every test of cutting and of mutation.
enum Samples {
  static let get = "GET /v2/health/live?verbose=1 HTTP/1.1\r\nHost: localhost:8000\r\nAccept: */*\r\n\r\n"
  static let post =
    "POST /v2/models/up/infer HTTP/1.1\r\nHost: [::1]\r\nContent-Type: application/json\r\n"
    + "Content-Length: 11\r\nExpect: 100-continue\r\n\r\n{\"a\":[1,2]}"
  static let chunked =
    "PUT /x HTTP/1.1\r\nhost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    + "4;name=value;flag;q=\"a\\\";b\"\r\nWiki\r\n00A\r\npedia in\r\n\r\n0;last\r\n"
    + "Digest: sha-256=x\r\nEmpty:\r\n\r\n"
  static let old = "GET http://example.org:80 HTTP/1.0\r\nConnection: x, Keep-Alive\r\n\r\n"
  static let all = [get, post, chunked, old, "\r\n" + get + "\r\n\r\n" + chunked, chunked + post + old + get]
}
