import Glibc
import UpconvJSON
import UpconvSystem

/// The file that `--config` names: one JSON object, a member a setting.
struct SettingsFile {
  struct Entry {
    let name: String
    let value: JSONValue
    let origin: SettingOrigin
  }

  /// In the file's order.
  let entries: [Entry]

  private static let maxBytes = 1 << 20

  /// - Parameter origin: where the path came from.
  init(path: String, _ origin: SettingOrigin) throws(SettingError) {
    let bytes = try SettingsFile.bytes(path, origin)
    var reader = JSONReader(limits: JSONLimits(), isNumberArray: { _ in false })
    var line = 1
    let document: JSONValue
    do throws(JSONError) {
      // By lines: so that it is known in which one it stops.
      for text in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
        try Array(text + [UInt8(ascii: "\n")]).withUnsafeBufferPointer { (piece) throws(JSONError) in
          try reader.read(UnsafeRawBufferPointer(piece))
        }
        line += 1
      }
      line = max(1, line - 1)
      document = try reader.finish()
    } catch { throw .malformedFile(path: path, line: line, reason: "\(error)") }
    guard case .object(let members) = document else {
      throw .malformedFile(path: path, line: 1, reason: "the document must be one object: {\"port\": 8080}")
    }
    let lines = SettingsFile.linesOfNames(bytes)
    entries = zip(members, lines).map { member, line in
      Entry(name: member.name, value: member.value, origin: .file(path: path, line: line))
    }
  }

  /// The line of each name of the outermost object, in order.
  /// - Parameter bytes: a whole JSON document, an object.
  private static func linesOfNames(_ bytes: [UInt8]) -> [Int] {
    var lines: [Int] = []
    var (line, depth) = (1, 0)
    var isName = false
    var isInString = false
    var isEscaped = false
    for byte in bytes {
      if byte == UInt8(ascii: "\n") { line += 1 }
      if isInString {
        if !isEscaped, byte == UInt8(ascii: "\"") { isInString = false }
        isEscaped = !isEscaped && byte == UInt8(ascii: "\\")
        continue
      }
      switch byte {
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        depth += 1
        isName = depth == 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
      case UInt8(ascii: ","): isName = depth == 1
      case UInt8(ascii: "\""):
        if isName { lines.append(line) }
        (isName, isInString) = (false, true)
      default: break
      }
    }
    return lines
  }

  private static func bytes(_ path: String, _ origin: SettingOrigin) throws(SettingError) -> [UInt8] {
    do {
      return try SmallFile(path).bytes(atMost: maxBytes)
    } catch {
      throw .unreadableFile(path: path, origin, reason: error.reason ?? "it has more than \(maxBytes) bytes")
    }
  }
}
