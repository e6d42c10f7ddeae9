import UpconvHTTP

/// The head of a request, parsed whole: what curl and a browser send.
enum RequestHeadWireCases {
  private static let heads = [
    (
      "request_head_curl",
      """
      POST /v1/conv2d_transpose HTTP/1.1\r
      Host: 127.0.0.1:8080\r
      User-Agent: curl/8.5.0\r
      Accept: */*\r
      Content-Length: 1024\r
      Content-Type: application/json\r
      \r

      """
    ),
    (
      "request_head_browser",
      """
      POST /v1/conv2d_transpose?strides=2&padding=SAME HTTP/1.1\r
      Host: upconv.example.org\r
      Connection: keep-alive\r
      Content-Length: 16777344\r
      User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0 Safari/537.36\r
      Content-Type: application/x-npz\r
      Accept: application/x-npy;q=0.9, application/json;q=0.5\r
      Origin: https://upconv.example.org\r
      Sec-Fetch-Site: same-origin\r
      Sec-Fetch-Mode: cors\r
      Referer: https://upconv.example.org/try\r
      Accept-Encoding: gzip, deflate, br, zstd\r
      Accept-Language: en-GB,en;q=0.9,de;q=0.8\r
      \r

      """
    ),
  ]

  /// Heads for each measurement: one alone is too short for the clock.
  private static let repetitions = 1000

  static func cases() throws -> [WireCase] {
    try heads.map { name, head in
      let bytes = Array(head.utf8)
      guard try parse(bytes)?.fields.count == head.count(where: { $0 == "\r\n" }) - 2 else {
        throw WireCase.WrongResult(codec: name)
      }
      return WireCase(name: name, byteCount: bytes.count * repetitions) {
        for _ in 0..<repetitions { _ = try parse(bytes) }
      }
    }
  }

  private static func parse(_ bytes: [UInt8]) throws -> RequestHead? {
    var parser = RequestParser(limits: HTTPLimits())
    let step = try bytes.withUnsafeBytes { try parser.next($0) }
    guard case .head(let head) = step.event, step.consumed == bytes.count else { return nil }
    return head
  }
}
