import Glibc
import UpconvHTTP
import UpconvMemory
import UpconvSystem

/// An answer on its way out: what of it has not been taken by the socket yet.
struct PendingAnswer {
  /// Bytes that go before the rest of the content: heads, chunk lines, small contents.
  private var staged: [UInt8]
  private var stagedOffset = 0
  private var content: Response.Content
  private var contentOffset = 0
  private let framing: ResponseDelivery.Framing
  /// What is left of the chunk at hand.
  private var chunkRemaining = 0
  private var isContentEnded: Bool
  /// What was encoded while it was sent.
  private(set) var encoding = StageTimes()
  /// Whether the connection ends after it.
  let closes: Bool
  /// The right to `content`, if that needs one.
  private let lease: MemoryLease?

  /// - Parameters:
  ///   - staged: what goes before `content`: the head, and answers before it.
  ///   - delivery: what the head has promised.
  ///   - lease: of the memory of `content`.
  init(
    staged: [UInt8], content: Response.Content, delivery: ResponseDelivery, lease: MemoryLease? = nil
  ) {
    self.lease = lease
    self.staged = staged
    self.content = content
    if case .none = content { isContentEnded = true } else { isContentEnded = false }
    framing = delivery.framing
    closes = delivery.closes
  }

  /// How a turn of writing ended.
  enum Progress {
    /// All is with the socket.
    case done
    /// The socket takes no more now.
    case unfinished
    /// The time is over.
    case outOfTime
    /// The peer is gone.
    case failed
  }

  /// Writes until all is written, the socket is full, or it is `sliceEnd`: making content takes time, and one answer
  /// must not keep an event loop from all others.
  mutating func write(to socket: Int32, until sliceEnd: Moment) -> (Progress, bytes: Int) {
    var written = 0
    while true {
      if stagedOffset == staged.count, isContentEnded { return (.done, written) }
      if written > 0, Moment.now >= sliceEnd { return (.outOfTime, written) }
      switch writeOnce(to: socket) {
      case -Int(EINTR): continue
      case -Int(EAGAIN): return (.unfinished, written)
      case let failure where failure < 0: return (.failed, written)
      case let count: written += count
      }
    }
  }

  /// One system call with what is staged and what the content has next. Answers the bytes taken, or the
  /// error's number below zero.
  private mutating func writeOnce(to socket: Int32) -> Int {
    switch content {
    case .none:
      let sent = sendStaged(and: UnsafeRawBufferPointer(start: nil, count: 0), to: socket)
      settleStaged(sent)
      return sent
    case .bytes(let bytes):
      let sent = bytes.withUnsafeBytes { bytes in
        sendStaged(and: UnsafeRawBufferPointer(rebasing: bytes[contentOffset...]), to: socket)
      }
      contentOffset += contentShare(of: sent)
      settleStaged(sent)
      if contentOffset == bytes.count { isContentEnded = true }
      return sent
    case .source(var source):
      // The source is moved out and back, so that it is not copied when it changes.
      content = .none
      var sent = 0
      encoding.enter(.encode)
      source.withNextBytes { next in
        encoding.leave()
        if next.isEmpty {
          endContent()
          sent = sendStaged(and: next, to: socket)
          settleStaged(sent)
          return 0
        }
        openChunk(of: next.count)
        let share = framing == .chunked ? min(next.count, chunkRemaining) : next.count
        sent = sendStaged(and: UnsafeRawBufferPointer(rebasing: next.prefix(share)), to: socket)
        let taken = contentShare(of: sent)
        settleStaged(sent)
        closeChunk(after: taken)
        return taken
      }
      if !isContentEnded { content = .source(source) }
      return sent
    }
  }

  private mutating func openChunk(of count: Int) {
    guard framing == .chunked, chunkRemaining == 0 else { return }
    dropSettled()
    ResponseEncoder.appendChunkSize(count, to: &staged)
    chunkRemaining = count
  }

  private mutating func closeChunk(after taken: Int) {
    guard framing == .chunked, taken > 0 else { return }
    chunkRemaining -= taken
    if chunkRemaining == 0 {
      dropSettled()
      staged += ResponseEncoder.chunkEnd
    }
  }

  private mutating func endContent() {
    isContentEnded = true
    guard framing == .chunked else { return }
    dropSettled()
    staged += ResponseEncoder.lastChunk
  }

  private mutating func dropSettled() {
    if stagedOffset == staged.count {
      staged.removeAll(keepingCapacity: true)
      stagedOffset = 0
    }
  }

  private mutating func settleStaged(_ sent: Int) {
    stagedOffset += min(max(sent, 0), staged.count - stagedOffset)
  }

  /// How many of `sent` bytes came from the content: staged bytes go first.
  private func contentShare(of sent: Int) -> Int { max(0, sent - (staged.count - stagedOffset)) }

  private func sendStaged(and bytes: UnsafeRawBufferPointer, to socket: Int32) -> Int {
    staged.withUnsafeBytes { staged in
      let first = UnsafeRawBufferPointer(rebasing: staged[stagedOffset...])
      guard first.count + bytes.count > 0 else { return 0 }
      if bytes.isEmpty {
        let sent = send(socket, first.baseAddress, first.count, Int32(MSG_NOSIGNAL))
        return sent >= 0 ? sent : -Int(errno)
      }
      var pieces = (PendingAnswer.piece(first), PendingAnswer.piece(bytes))
      return withUnsafeMutablePointer(to: &pieces) { pieces in
        var message = msghdr()
        message.msg_iov = UnsafeMutableRawPointer(pieces).assumingMemoryBound(to: iovec.self)
        message.msg_iovlen = 2
        let sent = sendmsg(socket, &message, Int32(MSG_NOSIGNAL))
        // Before anything else can change errno.
        return sent >= 0 ? sent : -Int(errno)
      }
    }
  }

  /// For sendmsg, which only reads what it is given.
  private static func piece(_ bytes: UnsafeRawBufferPointer) -> iovec {
    iovec(iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress), iov_len: bytes.count)
  }
}
