import UpconvKernels

/// What `--print-config` prints: each setting, its value, and where that came from.
enum SettingsReport {
  /// - Parameter derived: what settings without a default come to on this machine, by name.
  static func text(_ settings: ServeSettings, derived: [String: String]) -> String {
    var lines = [["SETTING", "VALUE", "FROM"]]
    for setting in settings.declared {
      let origin = settings.origin(of: setting.name)
      let values = settings.given[setting.name]?.values.map(setting.shown)
      let value = values.map { $0.joined(separator: ",") } ?? setting.defaultText ?? derived[setting.name] ?? ""
      lines.append([setting.name, value.isEmpty ? "-" : value, "\(origin)"])
    }
    let isForced = (try? InstructionSet.forced()) != nil
    lines.append([
      EnvironmentOnly.instructionSet, InstructionSet.current.rawValue,
      "\(isForced ? SettingOrigin.variable(EnvironmentOnly.instructionSet) : .standard)",
    ])
    return TextTable.text(lines)
  }
}
