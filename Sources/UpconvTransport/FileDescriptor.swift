import Glibc

/// Owns a descriptor: closed when it goes, exactly once.
struct FileDescriptor: ~Copyable {
  let number: Int32

  /// Takes over an open descriptor.
  init(owning number: Int32) { self.number = number }

  /// Ends the ownership without closing.
  consuming func release() { discard self }

  deinit { close(number) }
}

/// A system call that failed, with what the system said of it.
package struct SystemCallError: Error, CustomStringConvertible {
  package let call: String
  package let code: Int32

  /// Takes the reason from `errno`: to be made right after the call.
  init(_ call: String) {
    self.call = call
    code = errno
  }

  package var description: String { "\(call): \(String(cString: strerror(code)))" }
}
