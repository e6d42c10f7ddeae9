import Dispatch
import Glibc
import Synchronization
import UpconvSystem

/// A destination of log lines, written by a thread of its own: whoever logs never waits for the reader of the log.
///
/// Lines wait in a bounded queue, in the order in which they came. A line is lost, and counted, if the queue is full or
/// if the descriptor refuses it (a full disk, a pipe whose reader has gone).
package final class LogOutput: Sendable {
  /// One mebibyte: some thousand lines.
  package static let defaultMaxQueuedBytes = 1 << 20

  private let descriptor: Int32
  private let maxQueuedBytes: Int
  private let state = Mutex(State())
  /// Signalled for each time that the writer finds lines after it found none.
  private let wakeup = DispatchSemaphore(value: 0)

  private struct State {
    var queue: [UInt8] = []
    var lostCount = 0
    var hasWriter = false
    /// The writer found no lines and waits for its wake-up.
    var isWriterIdle = false
    /// The writer has taken lines that are not written yet.
    var isWriting = false
  }

  /// - Parameters:
  ///   - descriptor: stays open.
  ///   - maxQueuedBytes: of lines that wait to be written; as many again may be with the writer.
  package init(descriptor: Int32, maxQueuedBytes: Int = defaultMaxQueuedBytes) {
    self.descriptor = descriptor
    self.maxQueuedBytes = maxQueuedBytes
  }

  /// The number of lines that were not written, and will not be.
  package var lostCount: Int { state.withLock { $0.lostCount } }

  /// Queues a line, or several, the last of which ends with a line feed. O(bytes); makes no system call while the writer is busy.
  package func write(line: [UInt8]) {
    let (startsWriter, wakesWriter) = state.withLock { state in
      guard state.queue.count + line.count <= maxQueuedBytes else {
        state.lostCount += 1
        return (false, false)
      }
      state.queue += line
      defer { (state.hasWriter, state.isWriterIdle) = (true, false) }
      return (!state.hasWriter, state.isWriterIdle)
    }
    if startsWriter { DispatchQueue(label: "upconv.log", qos: .utility).async { [self] in writeForever() } }
    if wakesWriter { wakeup.signal() }
  }

  /// Waits until all lines are written, or until the time is over; for the end of the process.
  package func flush(within patience: Duration) {
    let end = Moment.now + patience
    while state.withLock({ $0.isWriting || !$0.queue.isEmpty }), Moment.now < end { usleep(1000) }
  }

  private func writeForever() -> Never {
    var lines: [UInt8] = []
    var endsWithinLine = false
    while true {
      let isIdle = state.withLock { state in
        lines.removeAll(keepingCapacity: true)
        swap(&lines, &state.queue)
        state.isWriting = !lines.isEmpty
        state.isWriterIdle = lines.isEmpty
        return lines.isEmpty
      }
      if isIdle {
        wakeup.wait()
        continue
      }
      // A line that a full disk has cut must not run into the next.
      if endsWithinLine { endsWithinLine = write(all: [UInt8(ascii: "\n")]) == 0 }
      let writtenCount = endsWithinLine ? 0 : write(all: lines)
      if writtenCount > 0 { endsWithinLine = lines[writtenCount - 1] != UInt8(ascii: "\n") }
      let lost = lines[writtenCount...].count { $0 == UInt8(ascii: "\n") }
      state.withLock { $0.lostCount += lost }
    }
  }

  /// Returns the number of bytes that the descriptor took.
  private func write(all lines: [UInt8]) -> Int {
    lines.withUnsafeBytes { bytes in
      var rest = UnsafeRawBufferPointer(rebasing: bytes[...])
      while !rest.isEmpty {
        let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
        if count > 0 {
          rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
        } else if count < 0, errno == EAGAIN {
          // Another process has made the pipe non-blocking.
          var wanted = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
          poll(&wanted, 1, -1)
        } else if count == 0 || errno != EINTR {
          break
        }
      }
      return bytes.count - rest.count
    }
  }
}
