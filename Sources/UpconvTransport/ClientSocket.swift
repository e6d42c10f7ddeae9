/// A client's socket: owned by its connection, and by the one that goes on in its place. Closed with the last of them.
final class ClientSocket {
  private let descriptor: FileDescriptor

  init(owning number: Int32) { descriptor = FileDescriptor(owning: number) }

  var number: Int32 { descriptor.number }
}
