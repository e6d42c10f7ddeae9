import Glibc
import Logging
import Testing
import UpconvLogging

/// The lines that a handler writes of what is logged, read from a pipe.
func loggedLines(
  by handler: @escaping (_ label: String, _ output: LogOutput) -> any LogHandler, _ log: (Logger) -> Void
) throws -> [[UInt8]] {
  var ends: [Int32] = [0, 0]
  try #require(pipe(&ends) == 0)
  let output = LogOutput(descriptor: ends[1])
  log(Logger(label: "upconv") { handler($0, output) })
  output.flush(within: .seconds(10))
  close(ends[1])
  defer { close(ends[0]) }
  var bytes: [UInt8] = []
  var window = [UInt8](repeating: 0, count: 4096)
  while true {
    let count = read(ends[0], &window, window.count)
    if count <= 0 { break }
    bytes += window.prefix(count)
  }
  return bytes.split(separator: 10).map(Array.init)
}
