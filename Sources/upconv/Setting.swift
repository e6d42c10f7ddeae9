import ArgumentParser
import FoundationEssentials

/// One thing that can be set about `upconv serve`: what its `@Option` or `@Flag` declares, from which the variable, the
/// file's entry and the reference page follow.
struct Setting {
  enum Kind: Equatable {
    /// One value; of several, the last holds.
    case value
    /// Any number of values.
    case list
    /// True or false. `off`, where there is one, is the flag that says false.
    case toggle(off: String?)
  }

  /// As in the file, and as the flag without its dashes: `max-rank`.
  let name: String
  var kind: Kind
  /// The title of its group; nil: the server itself.
  let section: String?
  /// What it means, with the unit of its value.
  let help: String
  /// What holds where nothing is given; nil if that depends on the machine, or nothing holds.
  let defaultText: String?
  /// All values that it can have, where they are counted in its type.
  let allowed: [String]

  /// `--max-rank`.
  var flag: String { "--\(name)" }

  /// `UPCONV_MAX_RANK`.
  var variable: String { Setting.variablePrefix + name.uppercased().replacing("-", with: "_") }

  static let variablePrefix = "UPCONV_"

  /// The file's own place cannot stand in it.
  var isFileEntry: Bool { name != Setting.configurationFile }

  /// The setting that names the file.
  static let configurationFile = "config"

  /// Whether its value must not be shown: one named so, not the file that holds one, nor a rate for each of them.
  var isSecret: Bool {
    ["token", "password", "secret", "key"].contains { name == $0 || name.hasSuffix("-\($0)") }
      && !name.hasSuffix("-per-token")
  }

  /// A value as it may be printed: no secret, and of a URL not the user and password. A password may have any character,
  /// so all up to the last `@` is hidden.
  func shown(_ value: String) -> String {
    guard !isSecret else { return "(hidden)" }
    guard let scheme = value.firstRange(of: "://"),
      let at = value[scheme.upperBound...].lastIndex(of: "@")
    else { return value }
    return value[..<scheme.upperBound] + "(hidden)" + value[at...]
  }
}

extension Setting {
  /// Flags of `serve` that ask for something else than a running server.
  static let requests: Set<String> = [
    "help", "version", "print-config", "print-reference", "experimental-dump-help",
  ]

  /// All of `serve`, in the order of their declaration.
  /// - Throws: if ArgumentParser describes them in another form than the one that is known here.
  static func declared() throws -> [Setting] {
    let described = try JSONDecoder().decode(ToolDescription.self, from: Data(ServeCommand._dumpHelp().utf8))
    var settings: [Setting] = []
    for argument in described.command.arguments {
      guard let name = argument.names?.first(where: { $0.kind == "long" })?.name, !requests.contains(name),
        argument.kind != "positional"
      else { continue }
      if argument.kind == "flag", name.hasPrefix("no-"),
        let index = settings.firstIndex(where: { "no-\($0.name)" == name })
      {
        settings[index].kind = .toggle(off: name)
        continue
      }
      settings.append(
        Setting(
          name: name, kind: argument.kind == "flag" ? .toggle(off: nil) : argument.isRepeating ? .list : .value,
          section: argument.sectionTitle, help: argument.abstract ?? "",
          defaultText: argument.kind == "flag" ? argument.defaultValue ?? "false" : argument.defaultValue,
          allowed: argument.allValues ?? []))
    }
    return settings
  }

  /// What is used of ArgumentParser's description of a command (`--experimental-dump-help`).
  private struct ToolDescription: Decodable {
    let command: Command

    struct Command: Decodable { let arguments: [Argument] }

    struct Argument: Decodable {
      let kind: String
      let isRepeating: Bool
      let names: [Name]?
      let sectionTitle: String?
      let abstract: String?
      let defaultValue: String?
      let allValues: [String]?
    }

    struct Name: Decodable {
      let kind: String
      let name: String
    }
  }
}
