import Glibc

/// A file or stream to be written, unbuffered: what is written is there, and an error comes at once.
final class OutputFile {
  private let descriptor: Int32
  private let isOwned: Bool

  /// The system would not take it; the reason in its words.
  struct WriteError: Error {
    let reason: String

    fileprivate init() { reason = String(cString: strerror(errno)) }
  }

  /// Makes a new file, or empties the one that is there.
  init(creating path: String) throws(WriteError) {
    descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    isOwned = true
    guard descriptor >= 0 else { throw WriteError() }
  }

  private init(stream: Int32) {
    descriptor = stream
    isOwned = false
  }

  deinit { if isOwned, descriptor >= 0 { close(descriptor) } }

  static var standardOutput: OutputFile { OutputFile(stream: STDOUT_FILENO) }
  static var standardError: OutputFile { OutputFile(stream: STDERR_FILENO) }

  func write(_ bytes: UnsafeRawBufferPointer) throws(WriteError) {
    var offset = 0
    while offset < bytes.count {
      let written = Glibc.write(descriptor, bytes.baseAddress! + offset, bytes.count - offset)
      if written < 0, errno == EINTR { continue }
      guard written > 0 else { throw WriteError() }
      offset += written
    }
  }

  /// A sentence for a person; where nobody can read it, nothing is to be done.
  func write(_ text: String) {
    var text = text
    text.withUTF8 { try? write(UnsafeRawBufferPointer($0)) }
  }
}
