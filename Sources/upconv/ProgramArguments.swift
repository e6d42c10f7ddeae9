import UpconvSystem

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
    guard var bytes = SystemFile.bytes(at: "/proc/self/cmdline") else { return nil }
    // Each ends with NUL, also the last.
    guard bytes.popLast() == 0 else { return nil }
    return bytes.split(separator: 0, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
  }
}
