/// Why what was given, by whatever way, is no configuration; each a sentence with the name and where it was given.
enum SettingError: Error, CustomStringConvertible {
  case unknownFlag(String, nearest: String?)
  case missingValue(flag: String)
  case unknownVariable(String, nearest: String?)
  case emptyVariable(String)
  case notABoolean(Setting, value: String, SettingOrigin)
  case unreadableFile(path: String, SettingOrigin, reason: String)
  case malformedFile(path: String, line: Int, reason: String)
  case unknownEntry(String, SettingOrigin, nearest: String?)
  case entryOfWrongKind(Setting, SettingOrigin)

  var description: String {
    switch self {
    case .unknownFlag(let flag, let nearest):
      "there is no flag \(flag)\(SettingError.hint(nearest)); upconv serve --help lists all"
    case .missingValue(let flag):
      "\(flag) has no value (\(flag): \(SettingOrigin.flag))"
    case .unknownVariable(let name, let nearest):
      "the variable \(name) is none that upconv serve knows\(SettingError.hint(nearest))"
    case .emptyVariable(let name):
      "the variable \(name) is empty: give it a value or unset it"
    case .notABoolean(let setting, let value, let origin):
      "\(setting.flag) is \(setting.shown(value)), but must be true or false (\(setting.flag): \(origin))"
    case .unreadableFile(let path, let origin, let reason):
      "\(path) cannot be read: \(reason) (--\(Setting.configurationFile): \(origin))"
    case .malformedFile(let path, let line, let reason):
      "\(path):\(line): \(reason)"
    case .unknownEntry(let name, let origin, let nearest):
      "\(origin): there is no setting \"\(name)\"\(SettingError.hint(nearest))"
    case .entryOfWrongKind(let setting, let origin):
      "\(origin): \"\(setting.name)\" must be \(SettingError.kind(setting.kind))"
    }
  }

  private static func hint(_ nearest: String?) -> String { nearest.map { " (did you mean \($0)?)" } ?? "" }

  private static func kind(_ kind: Setting.Kind) -> String {
    switch kind {
    case .value: "a string or a number"
    case .list: "an array of strings or numbers"
    case .toggle: "true or false"
    }
  }
}
