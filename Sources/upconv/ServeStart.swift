import ArgumentParser
import FoundationEssentials
import UpconvKernels

/// `upconv serve`, from wherever its settings come. Whatever is wrong with them ends the process with one sentence that
/// names them and where they came from.
enum ServeStart {
  /// - Parameters:
  ///   - arguments: those of the program, the first of them `serve`.
  ///   - root: the command that has `serve` as a subcommand.
  static func run(_ arguments: [String], root: any ParsableCommand.Type) -> Never {
    let behind = Array(arguments.dropFirst())
    // Whoever sends SIGHUP to have tokens read again may do so before they are read; StopSignals decides then.
    StopSignals.holdHangup()
    if behind.contains(where: { ["-h", "--help", "--version", "--experimental-dump-help"].contains($0) }) {
      root.main(arguments)
      root.exit()
    }
    var settings: ServeSettings?
    do {
      let declared = try Setting.declared()
      if behind.contains("--print-reference") {
        OutputFile.standardOutput.write(ReferencePage.text(declared))
        root.exit()
      }
      let found = try ServeSettings(declared, arguments: behind, environment: ProcessInfo.processInfo.environment)
      settings = found
      var command = try root.parseAsRoot(arguments.prefix(1) + found.arguments)
      if let serve = command as? ServeCommand, serve.printConfig {
        OutputFile.standardOutput.write(SettingsReport.text(found, derived: serve.derivedDefaults))
      } else {
        try command.run()
      }
      root.exit()
    } catch let error as SettingError {
      stop("\(error)", ExitCode.validationFailure, root)
    } catch let error as StartError {
      stop(settings?.sentence(error.sentence, about: error.settings) ?? error.sentence, ExitCode.failure, root)
    } catch let code as ExitCode {
      // What there was to say has been said.
      root.exit(withError: code)
    } catch {
      guard root.exitCode(for: error) == .validationFailure, let settings else { root.exit(withError: error) }
      stop(settings.sentence(root.message(for: error), about: []), ExitCode.validationFailure, root)
    }
  }

  private static func stop(_ sentence: String, _ code: ExitCode, _ root: any ParsableCommand.Type) -> Never {
    OutputFile.standardError.write("upconv: \(sentence)\n")
    root.exit(withError: code)
  }
}

extension ServeSettings {
  /// A sentence with where the settings in it came from, and without secrets.
  /// - Parameter names: settings that it is about besides those whose flags stand in it.
  func sentence(_ text: String, about names: [String]) -> String {
    var text = ServeSettings.rule(text, declared)
    if text.hasSuffix(".") { text.removeLast() }
    for setting in declared {
      for value in given[setting.name]?.values ?? [] where setting.shown(value) != value {
        text = text.replacing(value, with: setting.shown(value))
      }
    }
    var concerned: [Setting] = []
    let words = text.split { !$0.isLetter && !$0.isNumber && $0 != "-" }
    for name in names + words.filter({ $0.hasPrefix("--") }).map({ String($0.dropFirst(2)) }) {
      guard let setting = declared.first(where: { $0.name == name }),
        !concerned.contains(where: { $0.name == name })
      else { continue }
      concerned.append(setting)
    }
    guard !concerned.isEmpty else { return text }
    return text + " (" + concerned.map { "\($0.flag): \(origin(of: $0.name))" }.joined(separator: "; ") + ")"
  }

  /// ArgumentParser's word for a value that it cannot read says no rule.
  private static func rule(_ text: String, _ declared: [Setting]) -> String {
    let (before, between) = ("The value '", "' is invalid for '--")
    guard text.hasPrefix(before), let middle = text.firstRange(of: between),
      let setting = declared.first(where: { $0.name == text[middle.upperBound...].prefix { $0 != " " && $0 != "'" } })
    else { return text }
    let value = setting.shown(String(text[..<middle.lowerBound].dropFirst(before.count)))
    return "\(setting.flag) is \(value), but must be \(setting.kindOfValue)"
  }
}

extension Setting {
  /// What a value must be that ArgumentParser could not read. The declaration's type is not known here: the default
  /// tells of it, or what is taken.
  fileprivate var kindOfValue: String {
    func takes(_ value: String) -> Bool { (try? ServeCommand.parse(["\(flag)=\(value)"])) != nil }
    if !allowed.isEmpty { return "one of \(allowed.joined(separator: ", "))" }
    if let defaultText, Double(defaultText) != nil {
      return Int(defaultText) == nil ? "a number" : "a whole number"
    }
    return takes("0.5") ? "a number" : takes("1") ? "a whole number" : "another value; upconv serve --help says which"
  }
}
