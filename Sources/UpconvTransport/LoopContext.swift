import Glibc
import UpconvHTTP
import UpconvScheduling
import UpconvSystem

/// What all connections of one event loop share. Used on the loop's thread only, and no call that is made while one of
/// the parts marked `@exclusivity(unchecked)` changes leads back to it.
final class LoopContext {
  let handler: any RequestHandler
  /// Which loop it is.
  let loop: Int
  let configuration: ServerConfiguration
  let compute: ComputeQueue
  let mailbox: LoopMailbox
  /// Where every connection's bytes land first; none keeps memory of its own while it is quiet.
  let readBuffer: UnsafeMutableRawBufferPointer
  /// Answers of one connection that wait for the system call that sends them; empty between connections.
  @exclusivity(unchecked) var outgoing: [UInt8] = []
  /// Where HTTP/2 connections put their frames together.
  let writeBuffer: UnsafeMutableRawBufferPointer
  /// The time of the round at hand, or when it was last looked at within it.
  @exclusivity(unchecked) private(set) var now = Moment.now
  /// When the work of the round at hand should be done.
  @exclusivity(unchecked) private var roundEnd = Moment.now
  @exclusivity(unchecked) private(set) var date = HTTPDate(secondsSince1970: 0)
  private var dateSeconds = 0
  /// When the server was told to stop: answers say `Connection: close` from here on.
  @exclusivity(unchecked) private(set) var stopStart: Moment?
  var isStopping: Bool { stopStart != nil }
  /// How long a connection at rest may still send a request after the stop: who is about to, while it is closed, could
  /// not know whether the request was read.
  static let restPatience = Duration.seconds(1)

  private var hasLargePieces = false

  /// Takes note of bytes that a connection read or wrote in one step.
  func note(pieceOf byteCount: Int) {
    if byteCount >= LoopContext.largePieceBytes { hasLargePieces = true }
  }

  /// Whether there was a large piece since this was last asked.
  func takeHasLargePieces() -> Bool {
    defer { hasLargePieces = false }
    return hasLargePieces
  }

  /// What takes longer than many small requests.
  private static let largePieceBytes = 64 << 10
  /// Bytes that are read from one connection at once.
  static let maxBytesPerRead = 256 << 10
  /// Answers that wait for their system call; a connection sends what passes this at once.
  static let maxOutgoingBytes = 64 << 10
  /// How long the connections of a round, or one in its turn, may keep the loop before it looks again who can go on; a
  /// single step may pass it.
  private static let turn = Duration.milliseconds(3)
  /// What each connection may take of a round whose time is over: a few requests, or about one step of large work.
  private static let leastSlice = Duration.microseconds(500)

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
    outgoing.reserveCapacity(LoopContext.maxOutgoingBytes)
    startRound()
  }

  deinit {
    readBuffer.deallocate()
    writeBuffer.deallocate()
  }

  /// Looks at the clocks, once for all connections of a round.
  func startRound() {
    readClock()
    roundEnd = now + LoopContext.turn
    let seconds = time(nil)
    if seconds != dateSeconds {
      dateSeconds = seconds
      date = HTTPDate(secondsSince1970: seconds)
    }
  }

  /// Begins the turns of a round.
  func startTurns() {
    readClock()
    roundEnd = now + LoopContext.turn
  }

  /// Whether the round at hand has taken its time.
  var isRoundOver: Bool { now >= roundEnd }

  /// When a connection that begins now has to let others go on. All connections of a round share its time, or as many
  /// slices would add up as have something to do.
  var sliceEnd: Moment { max(roundEnd, now + LoopContext.leastSlice) }

  func beginStopping() { stopStart = stopStart ?? now }

  /// Whether a connection that rests since `lastProgress` is closed because the server stops.
  func isOver(restingSince lastProgress: Moment) -> Bool {
    guard let stopStart else { return false }
    return now - max(stopStart, lastProgress) > LoopContext.restPatience
  }

  /// Looks at the clock within a round: after work that may have taken long.
  func readClock() { now = Moment.now }
}
