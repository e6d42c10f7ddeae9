import Glibc
import UpconvLogging

/// A file or stream to be written, unbuffered: what is written is there, and an error comes at once.
final class OutputFile {
  private let descriptor: Int32
  private let isOwned: Bool
  /// The file's place, and a name beside it if the file has one already; nil for a stream.
  private var pending: (path: String, temporaryName: String?, mode: mode_t?)?

  /// The kernel does not take it; the reason in its words.
  struct WriteError: Error {
    let reason: String

    fileprivate init() { reason = String(cString: strerror(errno)) }
  }

  /// Begins a file that takes the place of `path` with `commit`. Until then `path` stays as it is, also if the process
  /// is killed. What is no regular file, such as a pipe, is written in place.
  init(replacing path: String) throws(WriteError) {
    isOwned = true
    var status = stat()
    let exists = stat(path, &status) == 0
    if exists, status.st_mode & S_IFMT != S_IFREG {
      descriptor = open(path, O_WRONLY | O_CLOEXEC)
      guard descriptor >= 0 else { throw WriteError() }
      return
    }
    // A symbolic link stays one: the file that it leads to is replaced.
    let place = exists ? OutputFile.resolved(path) ?? path : path
    let mode = exists ? status.st_mode & 0o7777 : nil
    // A file without a name is gone with the process.
    let nameless = open(OutputFile.folder(of: place), OutputFile.withoutName | O_WRONLY | O_CLOEXEC, 0o666)
    if nameless >= 0 {
      descriptor = nameless
      pending = (place, nil, mode)
      return
    }
    let name = OutputFile.temporaryName(beside: place)
    descriptor = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw WriteError() }
    pending = (place, name, mode)
  }

  private init(stream: Int32) {
    descriptor = stream
    isOwned = false
  }

  deinit {
    if let name = pending?.temporaryName { unlink(name) }
    if isOwned, descriptor >= 0 { close(descriptor) }
  }

  /// Opens /dev/null for each of the three standard streams that the program was started without: the next descriptor
  /// that is opened, a socket maybe, would become that stream, and be written to. Before anything else is opened.
  static func openStandardStreams() {
    for stream in STDIN_FILENO...STDERR_FILENO where fcntl(stream, F_GETFD) < 0 {
      // The direction that a stream is not used in: what is written is not taken for written, and lost lines are counted.
      _ = open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY)
    }
  }

  static var standardOutput: OutputFile { OutputFile(stream: STDOUT_FILENO) }
  static var standardError: OutputFile { OutputFile(stream: STDERR_FILENO) }

  func write(_ bytes: UnsafeRawBufferPointer) throws(WriteError) {
    var rest = bytes
    while let start = rest.baseAddress, !rest.isEmpty {
      let written = Glibc.write(descriptor, start, rest.count)
      if written < 0, errno == EINTR { continue }
      guard written > 0 else { throw WriteError() }
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(written))
    }
  }

  /// Lines for a person; if they cannot be written, nothing is to be done. Names and values in them may come from files:
  /// controls of terminals are escaped.
  func write(_ text: String) { draw(LogEscape.lines(text)) }

  /// Text of the program's own, which may move the cursor.
  func draw(_ text: String) {
    var text = text
    text.withUTF8 { try? write(UnsafeRawBufferPointer($0)) }
  }

  /// Puts the file in its place, whole and on the disk.
  func commit() throws(WriteError) {
    guard let (path, temporaryName, mode) = pending else { return }
    if let mode { fchmod(descriptor, mode) }
    guard fsync(descriptor) == 0 else { throw WriteError() }
    let name = temporaryName ?? OutputFile.temporaryName(beside: path)
    if temporaryName == nil {
      let source = "/proc/self/fd/\(descriptor)"
      guard linkat(AT_FDCWD, source, AT_FDCWD, name, AT_SYMLINK_FOLLOW) == 0 else { throw WriteError() }
      pending?.temporaryName = name
    }
    guard rename(name, path) == 0 else { throw WriteError() }
    pending = nil
  }

  /// O_TMPFILE, which Swift's Glibc module leaves out (asm-generic/fcntl.h).
  private static let withoutName = O_DIRECTORY | 0o20000000

  private static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  private static func temporaryName(beside path: String) -> String {
    let name = path[(path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex)...]
    return folder(of: path) + "/.\(name).\(getpid()).\(UInt32.random(in: 0 ... .max))"
  }

  private static func resolved(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
  }
}
