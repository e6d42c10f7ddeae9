import Glibc

/// A client's socket: owned by its connection, and by the one that goes on in its place. Closed with the last of them.
final class ClientSocket {
  private var descriptor: FileDescriptor?
  let number: Int32

  /// Takes over an open socket.
  init(owning number: Int32) {
    descriptor = FileDescriptor(owning: number)
    self.number = number
    // An answer goes out whole and at once; holding its last segment back would only delay it.
    var one: Int32 = 1
    setsockopt(number, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
  }

  /// Hands the descriptor to a new owner. Nothing may be done with this socket afterwards.
  func release() -> Int32 {
    descriptor.take()?.release()
    return number
  }

  /// Has the system drop what the peer has not taken when the socket is closed, and reset the connection.
  func resetWhenClosed() {
    var option = Glibc.linger(l_onoff: 1, l_linger: 0)
    setsockopt(number, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<Glibc.linger>.size))
  }
}
