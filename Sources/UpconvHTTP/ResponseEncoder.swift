/// Writes heads and chunks (RFC 9112 §4, §6, §7). The one place where an answer becomes bytes: what cannot be
/// written safely is replaced here, whoever made it.
package enum ResponseEncoder {
  /// `100 (Continue)`: send the content (RFC 9110 §15.2.1). Not for HTTP/1.0.
  package static let continueResponse = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)

  /// Ends content that was sent in chunks: the chunk of size zero, and no trailers (RFC 9112 §7.1).
  package static let lastChunk = Array("0\r\n\r\n".utf8)

  /// Ends a chunk (RFC 9112 §7.1).
  package static let chunkEnd: [UInt8] = [ASCII.carriageReturn, ASCII.lineFeed]

  /// Appends the head of `response`, and tells how to send what follows it.
  ///
  /// Date, Content-Length, Transfer-Encoding and Connection are written here; those that `response` has are
  /// left out. A name that is no token, a value or a reason phrase with CR, LF or another CTL, and a status
  /// code that is not of three digits could end the head early (response splitting): then an empty 500 is
  /// written, and the connection closes.
  ///
  /// - Parameters:
  ///   - method: the method of the request, or `nil` where it could not be read.
  ///   - version: the version of the request, or HTTP/1.1 where it could not be read.
  ///   - keepsAlive: whether the connection may serve another request.
  package static func appendHead(
    of response: Response, method: HTTPMethod?, version: RequestHead.Version, keepsAlive: Bool,
    date: HTTPDate,
    to output: inout [UInt8]
  ) -> ResponseDelivery {
    if let prepared = response.prepared, keepsAlive, version == .http11 {
      output += prepared.beforeDate
      output.append(text: date.description)
      output += prepared.afterDate
      var delivery = prepared.delivery
      if method == .head { delivery.framing = .none }
      return delivery
    }
    guard isFitToSend(response) else {
      let replacement = Response(status: .internalServerError)
      var delivery = append(
        replacement, framing: .contentLength(0), method: method, version: version, closes: true, date: date,
        to: &output)
      delivery.isReplaced = true
      return delivery
    }
    let framing = framing(of: response, version: version)
    return append(
      response, framing: framing, method: method, version: version,
      closes: !keepsAlive || framing == .untilClose, date: date, to: &output)
  }

  /// Appends the size line of a chunk (RFC 9112 §7.1). `size` bytes and `chunkEnd` follow it. A chunk of no
  /// bytes would end the content; nothing is written for it.
  package static func appendChunkSize(_ size: Int, to output: inout [UInt8]) {
    guard size > 0 else { return }
    output += String(size, radix: 16).utf8
    output += chunkEnd
  }

  /// How the content that GET would have is delimited; `.none` where a status forbids content.
  static func framing(of response: Response, version: RequestHead.Version) -> ResponseDelivery.Framing {
    switch response.status.code {
    // RFC 9110 §8.6, RFC 9112 §6.1: neither Content-Length nor Transfer-Encoding in 1xx and 204. In 304 they
    // would tell of a content that is not known here (RFC 9110 §15.4.5).
    case 100..<200, 204, 304: return .none
    // RFC 9110 §15.3.6: a 205 has no content, and says so.
    case 205: return .contentLength(0)
    default: break
    }
    switch response.content {
    case .none: return .contentLength(0)
    case .bytes(let bytes): return .contentLength(bytes.count)
    case .source(let source):
      if let length = source.length, length >= 0 { return .contentLength(length) }
      // RFC 9112 §6.1: no Transfer-Encoding towards HTTP/1.0.
      return version == .http10 ? .untilClose : .chunked
    }
  }

  private static func append(
    _ response: Response, framing: ResponseDelivery.Framing, method: HTTPMethod?, version: RequestHead.Version,
    closes: Bool, date: HTTPDate, to output: inout [UInt8]
  ) -> ResponseDelivery {
    let isInterim = response.status.code < 200
    // RFC 9112 §4: always the highest version served, also in answer to HTTP/1.0 (RFC 9110 §2.5).
    output.append(text: "HTTP/1.1 " as StaticString)
    output.append(decimal: response.status.code)
    output.append(ASCII.space)
    output.append(text: response.status.reasonPhrase)
    output += chunkEnd
    // RFC 9110 §6.6.1: a server with a clock sends Date; it MAY do so in 1xx.
    if !isInterim { appendField("Date: ", date.description, to: &output) }
    response.fields.forEachField { name, value in
      if !isOwn(name) { appendField(name, value, to: &output) }
    }
    if !response.stages.isEmpty {
      output.append(text: "Server-Timing: " as StaticString)
      response.stages.appendServerTiming(to: &output)
      output += chunkEnd
    }
    // The same for HEAD as for GET (RFC 9110 §9.3.2).
    switch framing {
    case .contentLength(let length): appendField("Content-Length: ", length, to: &output)
    case .chunked: output.append(text: "Transfer-Encoding: chunked\r\n" as StaticString)
    case .none, .untilClose: break
    }
    if !isInterim {
      // RFC 9112 §9.3, §9.6.
      if closes {
        output.append(text: "Connection: close\r\n" as StaticString)
      } else if version == .http10 {
        output.append(text: "Connection: keep-alive\r\n" as StaticString)
      }
    }
    output += chunkEnd
    let hasNoContent = method == .head || framing == .contentLength(0)
    return ResponseDelivery(framing: hasNoContent ? .none : framing, closes: !isInterim && closes)
  }

  /// Appends `Name: value`, each word of the name with a capital: names have no case (RFC 9110 §5.1), but
  /// some clients look for the usual one.
  private static func appendField(
    _ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, to output: inout [UInt8]
  ) {
    var startsWord = true
    for byte in name {
      output.append(startsWord ? byte.inUpperCase : byte)
      startsWord = byte == ASCII.hyphen
    }
    output.append(ASCII.colon)
    output.append(ASCII.space)
    output += value
    output += chunkEnd
  }

  /// Appends a field of our own. `name` is as it is sent, with colon and space.
  private static func appendField(_ name: StaticString, _ value: String, to output: inout [UInt8]) {
    output.append(text: name)
    output.append(text: value)
    output += chunkEnd
  }

  private static func appendField(_ name: StaticString, _ value: Int, to output: inout [UInt8]) {
    output.append(text: name)
    output.append(decimal: value)
    output += chunkEnd
  }

  /// Fields that tell how the message is sent, and so are not the handler's.
  private static func isOwn(_ name: UnsafeRawBufferPointer) -> Bool {
    let name = name[...]
    return switch name.count {
    case 4: name.equalsIgnoringCase("date")
    case 10: name.equalsIgnoringCase("connection")
    case 14: name.equalsIgnoringCase("content-length")
    case 17: name.equalsIgnoringCase("transfer-encoding")
    default: false
    }
  }

  /// Whether no part of the head of `response` can end early (RFC 9110 §5.5, §17.13).
  static func isFitToSend(_ response: Response) -> Bool {
    guard 100...999 ~= response.status.code, response.status.reasonPhrase.utf8.allSatisfy(\.isFieldValueByte) else {
      return false
    }
    var isFit = true
    response.fields.forEachField { name, value in
      isFit = isFit && !name.isEmpty && name.allSatisfy(\.isTokenByte) && value.allSatisfy(\.isFieldValueByte)
    }
    return isFit
  }
}

extension Response {
  /// Returns the same response with its head encoded once, for a response that is given many times.
  package func withPreparedHead() -> Response {
    var head: [UInt8] = []
    let date = HTTPDate(secondsSince1970: 0)
    let delivery = ResponseEncoder.appendHead(
      of: self, method: nil, version: .http11, keepsAlive: true, date: date, to: &head)
    // The first field; an interim response has none.
    let dateStart = (head.firstIndex(of: ASCII.lineFeed) ?? 0) + 1 + "Date: ".utf8.count
    let dateEnd = min(dateStart + date.description.utf8.count, head.count)
    var response = self
    response.prepared = PreparedHead(
      beforeDate: Array(head[..<min(dateStart, dateEnd)]), afterDate: Array(head[dateEnd...]), delivery: delivery)
    return response
  }
}
