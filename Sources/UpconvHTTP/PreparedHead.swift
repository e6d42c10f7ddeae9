/// The head of a response to a request of HTTP/1.1 whose connection is kept, written once; only Date changes.
final class PreparedHead: Sendable {
  /// From the status line to `Date: `.
  let beforeDate: [UInt8]
  /// From the end of Date's value to the empty line.
  let afterDate: [UInt8]
  let delivery: ResponseEncoder.Delivery

  init(of response: Response) {
    var head: [UInt8] = []
    let date = HTTPDate(secondsSince1970: 0).description.utf8
    delivery = ResponseEncoder.appendHead(
      of: response, method: nil, version: .http11, keepsAlive: true, date: HTTPDate(secondsSince1970: 0), to: &head)
    // The first field; an interim response has none.
    let dateStart = (head.firstIndex(of: ASCII.lineFeed) ?? 0) + 1 + "Date: ".utf8.count
    let dateEnd = min(dateStart + date.count, head.count)
    beforeDate = Array(head[..<min(dateStart, dateEnd)])
    afterDate = Array(head[dateEnd...])
  }
}
