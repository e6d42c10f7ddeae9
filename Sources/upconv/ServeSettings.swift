import UpconvJSON
import UpconvService

/// What was given to `upconv serve`, by flags, the environment and a file, each with where it came from.
///
/// It is turned into arguments, which ArgumentParser then reads as if all had been flags: a new `@Option` is a variable
/// and an entry of the file at once.
struct ServeSettings {
  struct Given {
    /// One, or as many as a list has.
    var values: [String]
    let origin: SettingOrigin
  }

  let declared: [Setting]
  /// By name. Of what was given in several ways only the strongest is here: a flag, then the environment, then the file.
  private(set) var given: [String: Given] = [:]
  /// What is no setting: `--print-config`, or what ArgumentParser will refuse.
  private var others: [String] = []

  /// - Parameter arguments: those behind `serve`.
  init(
    _ declared: [Setting], arguments: [String], environment: [String: String]
  ) throws(SettingError) {
    self.declared = declared
    let flags = try readFlags(arguments)
    let variables = try readVariables(environment)
    if let file = flags[Setting.configurationFile] ?? variables[Setting.configurationFile],
      let path = file.values.last
    {
      given = try readFile(SettingsFile(path: path, file.origin))
    }
    given.merge(variables) { $1 }
    given.merge(flags) { $1 }
  }

  /// Where a setting's value came from.
  func origin(of name: String) -> SettingOrigin { given[name]?.origin ?? .standard }

  /// The value that holds; nil if nothing is given and there is no default.
  func value(of name: String) -> String? {
    given[name]?.values.last ?? declared.first { $0.name == name }?.defaultText
  }

  /// For ArgumentParser.
  var arguments: [String] {
    var arguments: [String] = []
    for setting in declared {
      guard let values = given[setting.name]?.values else { continue }
      switch setting.kind {
      case .value, .list: arguments += values.map { "\(setting.flag)=\($0)" }
      case .toggle(let off):
        if values.last == "true" { arguments.append(setting.flag) } else if let off { arguments.append("--\(off)") }
      }
    }
    return arguments + others
  }
}

// Flags.
extension ServeSettings {
  private mutating func readFlags(_ arguments: [String]) throws(SettingError) -> [String: Given] {
    var found: [String: Given] = [:]
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      guard argument.hasPrefix("--"), argument != "--" else {
        others.append(argument)
        continue
      }
      let parts = argument.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let name = parts.first.map(String.init) ?? ""
      var value = parts.count == 2 ? String(parts[1]) : nil
      if let setting = declared.first(where: { $0.name == name }) {
        if case .toggle = setting.kind {
          value = try ServeSettings.boolean(value ?? "true", setting, .flag)
        } else if value == nil, let next = rest.first, !next.hasPrefix("-") {
          value = rest.popFirst()
        }
        guard let value, !value.isEmpty else { throw .missingValue(flag: setting.flag) }
        let before = setting.kind == .list ? found[name]?.values ?? [] : []
        found[name] = Given(values: before + [value], origin: .flag)
      } else if let setting = declared.first(where: { $0.kind == .toggle(off: name) }) {
        found[setting.name] = Given(values: ["false"], origin: .flag)
      } else if Setting.requests.contains(name) {
        others.append(argument)
      } else {
        let nearest = NearestName.of(name, among: declared.map(\.name) + Setting.requests.sorted())
        throw .unknownFlag("--\(name)", nearest: nearest.map { "--\($0)" })
      }
    }
    return found
  }

  private static func boolean(
    _ text: String, _ setting: Setting, _ origin: SettingOrigin
  ) throws(SettingError) -> String {
    switch text.lowercased() {
    case "true", "1": "true"
    case "false", "0": "false"
    default: throw .notABoolean(setting, value: text, origin)
    }
  }
}

// The environment.
extension ServeSettings {
  /// Variables that others read: the kernels, and the tests.
  private static func isForOthers(_ name: String) -> Bool {
    name == EnvironmentOnly.instructionSet || name.hasPrefix(Setting.variablePrefix + "TEST_")
  }

  private func readVariables(_ environment: [String: String]) throws(SettingError) -> [String: Given] {
    var found: [String: Given] = [:]
    let isPod = environment["KUBERNETES_SERVICE_HOST"] != nil
    for (name, value) in environment.sorted(by: { $0.key < $1.key }) where name.hasPrefix(Setting.variablePrefix) {
      if ServeSettings.isForOthers(name) || (isPod && ServeSettings.isServiceLink(name, value)) { continue }
      guard let setting = declared.first(where: { $0.variable == name }) else {
        throw .unknownVariable(name, nearest: NearestName.of(name, among: declared.map(\.variable)))
      }
      guard !value.isEmpty else { throw .emptyVariable(name) }
      let origin = SettingOrigin.variable(name)
      switch setting.kind {
      case .value: found[setting.name] = Given(values: [value], origin: origin)
      case .list:
        let values = value.split(separator: ",").map(String.init)
        guard !values.isEmpty else { throw .emptyVariable(name) }
        found[setting.name] = Given(values: values, origin: origin)
      case .toggle:
        found[setting.name] = Given(values: [try ServeSettings.boolean(value, setting, origin)], origin: origin)
      }
    }
    return found
  }

  /// Whether Kubernetes made the variable: it tells each pod of the namespace's Services so, and one may be named
  /// `upconv` (`UPCONV_PORT=tcp://10.0.0.1:80`) or `upconv-...`.
  private static func isServiceLink(_ name: String, _ value: String) -> Bool {
    if name.hasSuffix("_SERVICE_HOST") || name.hasSuffix("_SERVICE_PORT") || name.contains("_SERVICE_PORT_") {
      return true
    }
    if name.hasSuffix("_PORT"), ["tcp://", "udp://", "sctp://"].contains(where: value.hasPrefix) { return true }
    let words = name.split(separator: "_")
    return words.indices.dropLast(2).contains { index in
      words[index] == "PORT" && Int(words[index + 1]) != nil && ["TCP", "UDP", "SCTP"].contains(words[index + 2])
    }
  }
}

// The file.
extension ServeSettings {
  private func readFile(_ file: SettingsFile) throws(SettingError) -> [String: Given] {
    let known = declared.filter(\.isFileEntry)
    var found: [String: Given] = [:]
    for entry in file.entries {
      guard let setting = known.first(where: { $0.name == entry.name }) else {
        let nearest = NearestName.of(entry.name, among: known.map(\.name))
        throw .unknownEntry(entry.name, entry.origin, nearest: nearest.map { "\"\($0)\"" })
      }
      guard let values = ServeSettings.values(entry.value, setting.kind) else {
        throw .entryOfWrongKind(setting, entry.origin)
      }
      found[setting.name] = Given(values: values, origin: entry.origin)
    }
    return found
  }

  /// nil if the kinds do not fit.
  private static func values(_ value: JSONValue, _ kind: Setting.Kind) -> [String]? {
    switch (kind, value) {
    case (.toggle, .bool(let isOn)): return ["\(isOn)"]
    case (.toggle, _): return nil
    case (.list, .array(let elements)):
      let texts = elements.compactMap(scalar)
      return texts.count == elements.count ? texts : nil
    case (.value, _), (.list, _): return scalar(value).map { [$0] }
    }
  }

  private static func scalar(_ value: JSONValue) -> String? {
    switch value {
    case .string(let text): text.isEmpty ? nil : text
    case .number(let number): number.integer.map(String.init) ?? number.text
    case .null, .bool, .array, .object, .numbers: nil
    }
  }
}
