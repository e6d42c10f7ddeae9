import Glibc
import UpconvSystem

/// Reads a model's small `config.json`.
enum ConfigurationFile {
  private static let maxBytes = 1 << 16

  /// The text, or nil if there is no such file.
  /// - Parameter root: where links may lead, without links or dots itself.
  static func text(at path: String, within root: String) throws(ConfigurationError) -> String? {
    let opened: String?
    let mode: mode_t
    let bytes: [UInt8]
    do {
      let file = try SmallFile(path)
      // What was opened is checked, not what the name may lead to by now.
      opened = FilePath.resolved(file.descriptorPath)
      mode = try file.mode()
      bytes = mode & S_IFMT == S_IFREG ? try file.bytes(atMost: maxBytes) : []
    } catch {
      switch error {
      case .system(ENOENT): return nil
      case .system(let code): throw .unreadable(reason: String(cString: strerror(code)))
      case .tooLarge: throw .tooLarge(maxBytes: maxBytes)
      }
    }
    guard let opened, FilePath.isWithin(opened, root) else { throw .leavesRepository }
    guard mode & S_IFMT == S_IFREG else { throw .notAFile }
    return String(decoding: bytes, as: UTF8.self)
  }
}
