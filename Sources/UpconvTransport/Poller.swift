import CLinux
import Glibc

/// An epoll instance: says which of many descriptors can go on. Level-triggered.
final class Poller: Sendable {
  private let epoll: FileDescriptor
  /// Events taken in one call; what is left comes with the next.
  static let maxEvents = 256

  /// What a descriptor is watched for. Errors and hang-ups are reported in any case.
  struct Interest: OptionSet {
    let rawValue: UInt32
    static let read = Interest(rawValue: EPOLLIN.rawValue)
    /// Bytes, or the end of them, that come from now on: what was told once is not told again (EPOLLET). Saves the
    /// system from asking every socket once more whether it is still readable. To be watched anew by whoever leaves
    /// bytes unread.
    static let arrivals = Interest(rawValue: EPOLLIN.rawValue | EPOLLRDHUP.rawValue | EPOLLET.rawValue)
    static let write = Interest(rawValue: EPOLLOUT.rawValue)
    /// The peer will send nothing more.
    static let peerClosed = Interest(rawValue: EPOLLRDHUP.rawValue)
  }

  struct Event {
    let token: UInt64
    let canRead: Bool
    let canWrite: Bool
    let peerClosed: Bool
    let hasFailed: Bool
  }

  init() throws(ListenError) {
    let number = epoll_create1(Int32(EPOLL_CLOEXEC))
    guard number >= 0 else { throw .noEventLoop(SystemCallError("epoll_create1")) }
    epoll = FileDescriptor(owning: number)
  }

  /// Watches a descriptor; false if the system has no room for another.
  func add(_ descriptor: Int32, _ interest: Interest, token: UInt64) -> Bool {
    upconv_epoll_control(epoll.number, EPOLL_CTL_ADD, descriptor, interest.rawValue, token) == 0
  }

  func change(_ descriptor: Int32, to interest: Interest, token: UInt64) {
    _ = upconv_epoll_control(epoll.number, EPOLL_CTL_MOD, descriptor, interest.rawValue, token)
  }

  func remove(_ descriptor: Int32) {
    _ = upconv_epoll_control(epoll.number, EPOLL_CTL_DEL, descriptor, 0, 0)
  }

  /// Waits until something can go on, or for `milliseconds` (-1: for ever).
  /// - Parameter room: for the system to write to, `maxEvents` long.
  func wait(milliseconds: Int32, _ room: UnsafeMutableBufferPointer<epoll_event>, _ body: (Event) -> Void) {
    let count = Int(epoll_wait(epoll.number, room.baseAddress, Int32(clamping: room.count), milliseconds))
    guard count > 0 else { return }
    for index in 0..<count {
      let bits = room[index].events
      body(
        Event(
          token: upconv_epoll_token(room.baseAddress! + index),
          canRead: bits & EPOLLIN.rawValue != 0,
          canWrite: bits & EPOLLOUT.rawValue != 0,
          peerClosed: bits & EPOLLRDHUP.rawValue != 0,
          hasFailed: bits & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0))
    }
  }
}
