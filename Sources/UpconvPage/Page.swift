import CDocuments
import FoundationEssentials
import UpconvDigest
package import UpconvHTTP

/// The page at `/`: a playground, the server's metrics and models, and the reference, in one file that needs no other.
///
/// Its style and script stand in it and are the only ones that its Content-Security-Policy allows, by their hashes.
package struct Page: Sendable {
  private let document: StaticDocument
  private let policy: String
  /// The file.
  package var html: [UInt8] { document.bytes }

  /// Put together once, at the first request.
  package static let shared = Page(
    frame: Array(upconv_page_frame()), style: Array(upconv_page_style()), script: Array(upconv_page_script()))

  /// - Parameters:
  ///   - frame: HTML with the lines `<style></style>` and `<script></script>`, which are filled.
  ///   - style, script: neither contains the end tag of its element.
  init(frame: [UInt8], style: [UInt8], script: [UInt8]) {
    document = StaticDocument(
      Page.filled(Page.filled(frame, "style", style), "script", script), contentType: "text/html; charset=utf-8")
    policy = [
      "default-src 'none'", "script-src \(Page.source(of: script))", "style-src \(Page.source(of: style))",
      "img-src 'self' blob: data:", "connect-src 'self'", "base-uri 'none'", "form-action 'none'",
      "frame-ancestors 'none'", "require-trusted-types-for 'script'", "trusted-types 'none'",
    ].joined(separator: "; ")
  }

  /// The page, or 304 where the client has it already.
  package func response(to head: RequestHead) -> Response {
    document.response(
      to: head,
      [
        ("content-security-policy", policy), ("x-content-type-options", "nosniff"), ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
      ])
  }

  /// What a policy knows a script or style by: all bytes between the element's tags (CSP Level 3, section 6.7.3.3).
  private static func source(of text: [UInt8]) -> String {
    "'sha256-\(Data(SHA256.digest(text)).base64EncodedString())'"
  }

  private static func filled(_ frame: [UInt8], _ element: String, _ text: [UInt8]) -> [UInt8] {
    let (start, end) = (Array("<\(element)>".utf8), Array("</\(element)>".utf8))
    guard let place = frame.firstRange(of: start + end) else { return frame }
    return frame[..<place.lowerBound] + start + text + end + frame[place.upperBound...]
  }
}
