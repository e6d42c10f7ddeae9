import CLinux
import Glibc
import Synchronization
import UpconvHTTP
import UpconvSystem

/// How other threads speak to an event loop: the only part of it that they see.
final class LoopMailbox: Sendable {
  enum Message: Sendable {
    /// A connection to serve; the loop becomes the descriptor's owner. For one beyond the limit this many loops, the
    /// receiver among them, are asked whether an idle connection makes room; nil if there is a place.
    case adopt(descriptor: Int32, peer: NetworkAddress, loopsToAsk: Int?)
    /// A connection that another loop has served, at rest between two requests of HTTP/1.1; else as above.
    case takeOver(descriptor: Int32, peer: NetworkAddress)
    /// The answer to the request that this connection waits for, on this stream of HTTP/2; 0 in HTTP/1.1.
    case answered(connection: UInt64, stream: Int32, Response)
    /// Finish what is under way, at the latest when the clock shows this, and end.
    case stop(by: Moment)
  }

  /// Readable while messages wait.
  let wakeup: Int32
  /// Connections that the loop serves or is about to.
  let connectionCount = Atomic<Int>(0)
  /// Those of them that were accepted beyond the limit, for health probes and to be told that there is no room.
  let guestCount = Atomic<Int>(0)
  /// Idle connections that were closed in favour of new ones, and new ones that were told that there is no room.
  let madeRoomCount = Atomic<Int>(0)
  let refusedCount = Atomic<Int>(0)
  /// How busy the loop is.
  let load = SharedLoad()
  /// Connections that other loops have handed to it.
  let handoverCount = Atomic(0)
  private let waiting = Mutex(Waiting())

  private struct Waiting {
    var messages: [Message] = []
    var isClosed = false
  }

  init() throws(ListenError) {
    wakeup = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
    guard wakeup >= 0 else { throw .noEventLoop(SystemCallError("eventfd")) }
  }

  deinit { _ = Glibc.close(wakeup) }

  /// Whether the message will be read; not once the loop has ended.
  @discardableResult
  func post(_ message: Message) -> Bool {
    let (isTaken, isFirst) = waiting.withLock { waiting in
      guard !waiting.isClosed else { return (false, false) }
      waiting.messages.append(message)
      return (true, waiting.messages.count == 1)
    }
    if isFirst {
      var one: UInt64 = 1
      _ = write(wakeup, &one, MemoryLayout<UInt64>.size)
    }
    return isTaken
  }

  /// All messages since the last call, in order.
  func takeAll() -> [Message] {
    var count: UInt64 = 0
    _ = read(wakeup, &count, MemoryLayout<UInt64>.size)
    return waiting.withLock { waiting in
      let taken = waiting.messages
      waiting.messages = []
      return taken
    }
  }

  /// Takes no messages from here on, unless some still wait to be read; whether it is closed.
  func close() -> Bool {
    waiting.withLock { waiting in
      waiting.isClosed = waiting.messages.isEmpty
      return waiting.isClosed
    }
  }
}
