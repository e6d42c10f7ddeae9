import Glibc
import Logging
import Testing
import UpconvJSON
import UpconvLogging

@Suite struct JSONLogHandlerTests {
  /// What is logged through a pipe.
  private func lines(_ log: (Logger) -> Void) throws -> [String] {
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    let output = LogOutput(descriptor: ends[1])
    log(Logger(label: "test") { JSONLogHandler(label: $0, to: output) })
    close(ends[1])
    defer { close(ends[0]) }
    var bytes: [UInt8] = []
    var window = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = read(ends[0], &window, window.count)
      if count <= 0 { break }
      bytes += window.prefix(count)
    }
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
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
    let logger = Logger(label: "test") { JSONLogHandler(label: $0, to: output) }
    logger.error("lost")
    logger.error("lost too")
    #expect(output.lostCount == 2)
  }
}
