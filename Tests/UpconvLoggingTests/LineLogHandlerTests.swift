import Glibc
import Logging
import Testing
import UpconvJSON
import UpconvLogging

@Suite struct LineLogHandlerTests {
  /// What is logged through a pipe.
  private func lines(_ log: (Logger) -> Void) throws -> [String] {
    try loggedLines(by: { LineLogHandler(.json, label: $0, to: $1) }, log).map { String(decoding: $0, as: UTF8.self) }
  }

  @Test func `An entry is one line of JSON, whatever it holds`() throws {
    let lines = try lines { logger in
      logger.info(
        "a \"quoted\"\nmessage", metadata: ["path": "/x\r\n{\"level\":\"critical\"}", "count": .stringConvertible(3)])
      logger.debug("not at this level")
    }
    #expect(lines.count == 1)
    guard case .object(let members) = try JSONValue.parse(lines[0], limits: JSONLimits()) else {
      Issue.record("no object")
      return
    }
    #expect(members.map(\.name) == ["time", "level", "message", "count", "path"])
    #expect(lines[0].contains(#""level":"info","message":"a \"quoted\"\nmessage","count":3,"#))
  }

  @Test func `The time is RFC 3339 in UTC`() throws {
    let line = try #require(try lines { $0.notice("x") }.first)
    let pattern = try Regex(#"^\{"time":"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d\d\dZ""#)
    #expect(line.firstMatch(of: pattern) != nil)
  }

  @Test func `A line that cannot be written is counted and forgotten`() {
    let output = LogOutput(descriptor: open("/dev/full", O_WRONLY))
    let logger = Logger(label: "test") { LineLogHandler(.json, label: $0, to: output) }
    logger.error("lost")
    logger.error("lost too")
    output.flush(within: .seconds(10))
    #expect(output.lostCount == 2)
  }
}
