import CLinux
import Glibc

/// An epoll instance: says which of many descriptors can go on. Level-triggered.
final class Poller: Sendable {
  private let epoll: FileDescriptor
  /// Events taken in one call; what is left comes with the next.
  private static let maxEvents = 256

  /// What a descriptor is watched for. Errors and hang-ups are reported in any case.
  struct Interest: OptionSet {
    let rawValue: UInt32
    static let read = Interest(rawValue: EPOLLIN.rawValue)
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

  /// Watches a descriptor; false where the system has no room for another.
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
  func wait(milliseconds: Int32, _ body: (Event) -> Void) {
    withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: Poller.maxEvents) { events in
      let count = Int(epoll_wait(epoll.number, events.baseAddress, Int32(events.count), milliseconds))
      guard count > 0 else { return }
      for index in 0..<count {
        let bits = events[index].events
        body(
          Event(
            token: upconv_epoll_token(events.baseAddress! + index),
            canRead: bits & EPOLLIN.rawValue != 0,
            canWrite: bits & EPOLLOUT.rawValue != 0,
            peerClosed: bits & EPOLLRDHUP.rawValue != 0,
            hasFailed: bits & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0))
      }
    }
  }
}
