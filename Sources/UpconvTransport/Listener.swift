import CLinux
import Glibc
import UpconvHTTP

/// A socket that has a port, and takes connections once it listens.
final class Listener: Sendable {
  let descriptor: FileDescriptor
  /// The port in use, also where the system chose it.
  let port: UInt16
  /// Whether only processes of this machine reach it.
  let isLoopback: Bool

  /// Whether others listen on the same port.
  let isShared: Bool

  /// What an attempt to take a connection gave; a descriptor is the caller's to close.
  enum Accepted {
    case connection(Int32, from: NetworkAddress)
    /// Nobody waits.
    case none
    /// No descriptor or memory is left; trying again at once would spin.
    case exhausted
  }

  private let address: String

  /// Binds to a numeric address. The kernel refuses connections until `listen` is called.
  /// - Parameter isShared: whether other processes of the same user may do so on the same port.
  /// - Throws: `.invalidAddress`; `.unavailable` where the port is taken or not permitted.
  init(address: String, port: UInt16, isShared: Bool) throws(ListenError) {
    var hints = addrinfo()
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var found: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(address, String(port), &hints, &found) == 0, let info = found else {
      throw .invalidAddress(address)
    }
    defer { freeaddrinfo(info) }

    func failure(_ call: String) -> ListenError {
      .unavailable(address: address, port: port, SystemCallError(call))
    }
    self.isShared = isShared
    self.address = address
    let flags = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    let number = socket(info.pointee.ai_family, flags, 0)
    guard number >= 0 else { throw failure("socket") }
    descriptor = FileDescriptor(owning: number)
    var one: Int32 = 1
    setsockopt(number, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
    if isShared {
      guard setsockopt(number, SOL_SOCKET, SO_REUSEPORT, &one, socklen_t(MemoryLayout<Int32>.size)) == 0 else {
        throw failure("setsockopt")
      }
    }
    guard bind(number, info.pointee.ai_addr, info.pointee.ai_addrlen) == 0 else { throw failure("bind") }
    self.port = Listener.boundPort(of: number) ?? port
    var local = upconv_address()
    isLoopback = upconv_local_address(number, &local) == 0 && NetworkAddress(local).isLoopback
  }

  /// Lets the kernel take connections.
  /// - Throws: `.unavailable` if another process listens on the port.
  func listen() throws(ListenError) {
    guard Glibc.listen(descriptor.number, SOMAXCONN) == 0 else {
      throw .unavailable(address: address, port: port, SystemCallError("listen"))
    }
  }

  /// No further connection is begun, but those that have begun are still completed and can be taken.
  ///
  /// Closing resets both those that wait and those whose handshake is not complete. Where others listen on the port, a
  /// client whose first segment was dropped reaches one of them with the next, a second later (RFC 6298 §2).
  func dropNewConnections() { _ = upconv_drop_new_connections(descriptor.number) }

  /// How long handshakes that have begun may take to end: a round trip over half the world.
  var handshakePatience: Duration { isShared ? .milliseconds(250) : .zero }

  func accept() -> Accepted {
    while true {
      var peer = upconv_address()
      let number = upconv_accept(descriptor.number, &peer)
      if number >= 0 { return .connection(number, from: NetworkAddress(peer)) }
      switch errno {
      case EINTR, ECONNABORTED, EPROTO: continue
      case EMFILE, ENFILE, ENOBUFS, ENOMEM: return .exhausted
      default: return .none
      }
    }
  }

  private static func boundPort(of socket: Int32) -> UInt16? {
    var address = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    return withUnsafeMutableBytes(of: &address) { bytes -> UInt16? in
      guard getsockname(socket, bytes.assumingMemoryBound(to: sockaddr.self).baseAddress, &length) == 0 else {
        return nil
      }
      // The port stands at the same place in sockaddr_in and sockaddr_in6.
      return UInt16(bigEndian: bytes.load(fromByteOffset: 2, as: UInt16.self))
    }
  }
}

extension NetworkAddress {
  fileprivate init(_ address: upconv_address) { self.init(high: address.high, low: address.low) }
}

/// Why a server cannot start.
package enum ListenError: Error, CustomStringConvertible {
  case invalidAddress(String)
  case unavailable(address: String, port: UInt16, SystemCallError)
  case noEventLoop(SystemCallError)

  package var description: String {
    switch self {
    case .invalidAddress(let address): "\"\(address)\" is not a numeric IPv4 or IPv6 address"
    case .unavailable(let address, let port, let error): "cannot listen on \(address), port \(port): \(error)"
    case .noEventLoop(let error): "cannot make an event loop: \(error)"
    }
  }
}
