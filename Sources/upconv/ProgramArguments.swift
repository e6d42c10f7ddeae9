import Glibc

/// What the program was called with.
enum ProgramArguments {
  /// Without the program's own name.
  ///
  /// As the system keeps them. `CommandLine.arguments` looks for them beside the environment, which a library that was
  /// loaded before (`LD_PRELOAD`) may have moved; then it has none.
  static var all: [String] {
    let words = systemWords ?? CommandLine.arguments
    return Array(words.dropFirst())
  }

  private static var systemWords: [String]? {
    guard let file = fopen("/proc/self/cmdline", "r") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = fread(&piece, 1, piece.count, file)
      guard count > 0 else { break }
      bytes += piece.prefix(count)
    }
    // Each ends with NUL, also the last.
    guard bytes.popLast() == 0 else { return nil }
    return bytes.split(separator: 0, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
  }
}
