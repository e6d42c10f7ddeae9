import Glibc
import UpconvHTTP
import UpconvScheduling

/// What all connections of one event loop share. Used on the loop's thread only.
final class LoopContext {
  let handler: any RequestHandler
  /// Which loop it is.
  let loop: Int
  let configuration: ServerConfiguration
  let compute: ComputeQueue
  let mailbox: LoopMailbox
  /// Where every connection's bytes land first; none keeps memory of its own while it is quiet.
  let readBuffer: UnsafeMutableRawBufferPointer
  /// Where HTTP/2 connections put their frames together.
  let writeBuffer: UnsafeMutableRawBufferPointer
  /// The time of the round at hand.
  private(set) var now = ContinuousClock.now
  private(set) var date = HTTPDate(secondsSince1970: 0)
  private var dateSeconds = 0
  /// Answers say `Connection: close` from here on.
  var isStopping = false

  /// Bytes that are read from one connection at once.
  static let maxBytesPerRead = 256 << 10
  /// How long one connection may keep the loop before others have their turn; a single step may pass it.
  static let turn = Duration.milliseconds(3)

  init(
    handler: any RequestHandler, loop: Int, configuration: ServerConfiguration, compute: ComputeQueue,
    mailbox: LoopMailbox
  ) {
    self.handler = handler
    self.loop = loop
    self.configuration = configuration
    self.compute = compute
    self.mailbox = mailbox
    readBuffer = .allocate(byteCount: LoopContext.maxBytesPerRead, alignment: 64)
    writeBuffer = .allocate(byteCount: LoopContext.maxBytesPerRead, alignment: 64)
    startRound()
  }

  deinit {
    readBuffer.deallocate()
    writeBuffer.deallocate()
  }

  /// Looks at the clocks, once for all connections of a round.
  func startRound() {
    now = ContinuousClock.now
    let seconds = time(nil)
    if seconds != dateSeconds {
      dateSeconds = seconds
      date = HTTPDate(secondsSince1970: seconds)
    }
  }
}
