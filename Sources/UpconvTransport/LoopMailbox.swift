import CLinux
import Glibc
import Synchronization
import UpconvHTTP

/// How other threads speak to an event loop: the only part of it that they see.
final class LoopMailbox: Sendable {
  enum Message: Sendable {
    /// A connection to serve; the loop becomes the descriptor's owner.
    case adopt(descriptor: Int32, isRefused: Bool)
    /// The answer to the request that this connection waits for, on this stream of HTTP/2; 0 in HTTP/1.1.
    case answered(connection: UInt64, stream: Int32, Response)
    /// Finish what is under way, at the latest when the clock shows this, and end.
    case stop(by: ContinuousClock.Instant)
  }

  /// Readable while messages wait.
  let wakeup: Int32
  /// Connections that the loop serves or is about to.
  let connectionCount = Atomic<Int>(0)
  /// Resting connections that were closed in favour of new ones, and new ones that were told that there is no room.
  let madeRoomCount = Atomic<Int>(0)
  let refusedCount = Atomic<Int>(0)
  private let waiting = Mutex<[Message]>([])

  init() throws(ListenError) {
    wakeup = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
    guard wakeup >= 0 else { throw .noEventLoop(SystemCallError("eventfd")) }
  }

  deinit { close(wakeup) }

  func post(_ message: Message) {
    let isFirst = waiting.withLock { messages in
      messages.append(message)
      return messages.count == 1
    }
    if isFirst {
      var one: UInt64 = 1
      _ = write(wakeup, &one, MemoryLayout<UInt64>.size)
    }
  }

  /// All messages since the last call, in order.
  func takeAll() -> [Message] {
    var count: UInt64 = 0
    _ = read(wakeup, &count, MemoryLayout<UInt64>.size)
    return waiting.withLock { messages in
      let taken = messages
      messages = []
      return taken
    }
  }
}
