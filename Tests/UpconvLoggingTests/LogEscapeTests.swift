import Glibc
import Logging
import Testing
import UpconvJSON

@testable import UpconvLogging

/// What a client may have chosen makes no line of its own, and tells a terminal nothing.
@Suite struct LogEscapeTests {
  /// Line ends of ASCII and of Unicode, escapes of terminals in 7 and in 8 bits, changes of direction, what is not seen.
  static let dangerous = [
    "\n", "\r\n", "\0", "\u{1B}[2J", "\u{7F}", "\u{85}", "\u{9B}31m", "\u{2028}", "\u{2029}", "\u{202E}", "\u{2066}",
    "\u{200B}", "\u{FEFF}", "\u{E0041}", "\u{FFFE}",
  ]

  private func lines(asJSON: Bool, _ log: (Logger) -> Void) throws -> [[UInt8]] {
    try loggedLines(
      by: { label, output -> any LogHandler in
        if asJSON {
          LineLogHandler(.json, label: label, to: output)
        } else {
          LineLogHandler(.text, label: label, to: output)
        }
      }, log)
  }

  @Test(arguments: dangerous)
  func `A value stays within its line of text, its message too`(part: String) throws {
    let lines = try lines(asJSON: false) { logger in
      logger.info("it \(part) is", metadata: ["path": "/a\(part)b"])
    }
    #expect(lines.count == 1)
    let line = try #require(lines.first)
    #expect(line.allSatisfy { 0x20...0x7E ~= $0 }, "\(line)")
    let code = String(try #require(part.unicodeScalars.first).value, radix: 16)
    #expect(String(decoding: line, as: UTF8.self).contains("path=\"/a\\u{\(code)}"))
  }

  @Test(arguments: dangerous)
  func `A value stays within its line of JSON, and is read back as it was`(part: String) throws {
    let lines = try lines(asJSON: true) { logger in
      logger.info("it \(part) is", metadata: ["path": "/a\(part)b"])
    }
    #expect(lines.count == 1)
    let line = try #require(lines.first)
    #expect(line.allSatisfy { 0x20...0x7E ~= $0 })
    guard case .object(let members) = try JSONValue.parse(String(decoding: line, as: UTF8.self), limits: JSONLimits()),
      case .string(let path)? = members.first(where: { $0.name == "path" })?.value
    else {
      Issue.record("no path")
      return
    }
    #expect(path == "/a\(part)b")
  }

  @Test func `What nobody could misread is written as it is`() throws {
    let lines = try lines(asJSON: false) { logger in
      logger.notice("a model is gone", metadata: ["model": "größe-図", "path": "/v2/x y", "empty": "", "a": "b=c"])
    }
    let line = String(decoding: try #require(lines.first), as: UTF8.self)
    let end = #" notice upconv: a model is gone a="b=c" empty="" model=größe-図 path="/v2/x y""#
    #expect(line.hasSuffix(end), "\(line)")
  }
}
