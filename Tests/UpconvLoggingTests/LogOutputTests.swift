import Dispatch
import Glibc
import Testing

@testable import UpconvLogging

/// Lines are written in order by a thread of their own, and nothing waits for the reader.
@Suite struct LogOutputTests {
  private struct Pipe {
    let reader: Int32
    let writer: Int32

    init() throws {
      var ends: [Int32] = [0, 0]
      try #require(pipe(&ends) == 0)
      (reader, writer) = (ends[0], ends[1])
    }

    /// Reads to the end, which comes once the writer is closed.
    func readAll() -> [UInt8] {
      var bytes: [UInt8] = []
      var window = [UInt8](repeating: 0, count: 1 << 16)
      while true {
        let count = read(reader, &window, window.count)
        if count <= 0 { return bytes }
        bytes += window.prefix(count)
      }
    }
  }

  private func line(_ number: Int) -> [UInt8] { Array("\(number) \(String(repeating: "x", count: 100))\n".utf8) }

  @Test func `Lines of several threads are written whole, those of each in order`() throws {
    let pipe = try Pipe()
    let output = LogOutput(descriptor: pipe.writer)
    let reading = DispatchQueue(label: "reader")
    nonisolated(unsafe) var bytes: [UInt8] = []
    let group = DispatchGroup()
    reading.async(group: group) { bytes = pipe.readAll() }
    DispatchQueue.concurrentPerform(iterations: 4) { thread in
      for number in 0..<500 { output.write(line: line(thread * 1000 + number)) }
    }
    output.flush(within: .seconds(20))
    close(pipe.writer)
    group.wait()
    let numbers = bytes.split(separator: 10).map { Int(String(decoding: $0.split(separator: 32)[0], as: UTF8.self)) }
    #expect(numbers.count == 2000)
    for thread in 0..<4 {
      #expect(numbers.filter { ($0 ?? -1) / 1000 == thread } == (0..<500).map { thread * 1000 + $0 })
    }
    #expect(output.lostCount == 0)
    close(pipe.reader)
  }

  @Test(.timeLimit(.minutes(1)))
  func `A pipe that is not read stops no thread, and what finds no room is lost and counted`() throws {
    let pipe = try Pipe()
    let output = LogOutput(descriptor: pipe.writer, maxQueuedBytes: 10_000)
    let count = 5000
    for number in 0..<count { output.write(line: line(number)) }
    // Of some 520 KB the pipe has 64, the queue 10, and the writer 10.
    let lost = output.lostCount
    #expect(lost > 3000 && lost < count)
    // What is in the queue is written once the pipe is read.
    nonisolated(unsafe) var bytes: [UInt8] = []
    let group = DispatchGroup()
    DispatchQueue(label: "reader").async(group: group) { bytes = pipe.readAll() }
    output.flush(within: .seconds(20))
    close(pipe.writer)
    group.wait()
    #expect(bytes.split(separator: 10).count == count - lost)
    close(pipe.reader)
  }

  @Test func `To flush what is not read takes no longer than it may`() throws {
    let pipe = try Pipe()
    let output = LogOutput(descriptor: pipe.writer)
    for number in 0..<5000 { output.write(line: line(number)) }
    output.flush(within: .milliseconds(50))
    #expect(output.lostCount == 0)
    // The writer still waits for the pipe: both ends stay open.
  }

  @Test func `What a reader that has gone does not take is lost and counted`() throws {
    signal(SIGPIPE, SIG_IGN)
    let pipe = try Pipe()
    let output = LogOutput(descriptor: pipe.writer)
    output.write(line: line(1))
    output.flush(within: .seconds(10))
    #expect(output.lostCount == 0)
    close(pipe.reader)
    output.write(line: line(2))
    output.write(line: line(3))
    output.flush(within: .seconds(10))
    #expect(output.lostCount == 2)
    close(pipe.writer)
  }
}
