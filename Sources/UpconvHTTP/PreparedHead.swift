/// The head of a response to a request of HTTP/1.1 whose connection is kept, encoded once; only Date changes.
final class PreparedHead: Sendable {
  /// From the status line to `Date: `.
  let beforeDate: [UInt8]
  /// From the end of Date's value to the empty line.
  let afterDate: [UInt8]
  let delivery: ResponseDelivery

  init(beforeDate: [UInt8], afterDate: [UInt8], delivery: ResponseDelivery) {
    self.beforeDate = beforeDate
    self.afterDate = afterDate
    self.delivery = delivery
  }
}
