/// A client's socket: owned by its connection, and by the one that goes on in its place. Closed with the last of them.
final class ClientSocket {
  private var descriptor: FileDescriptor?
  let number: Int32

  init(owning number: Int32) {
    descriptor = FileDescriptor(owning: number)
    self.number = number
  }

  /// Hands the descriptor to a new owner. Nothing may be done with this socket afterwards.
  func release() -> Int32 {
    descriptor.take()?.release()
    return number
  }
}
