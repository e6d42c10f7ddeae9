import ArgumentParser
import UpconvService

/// Why a command could not do what it was asked for: a sentence without its full stop. The exit status is 1.
struct CommandFailure: Error, CustomStringConvertible {
  let description: String

  init(_ sentence: String) { description = sentence }
}

/// A word where a sub-command is expected, which is none.
struct UnknownCommand: Error, CustomStringConvertible {
  /// The command that it was given to, such as `upconv models`.
  let command: String
  let word: String
  let known: [String]

  /// Returns the first word of a command line that is no sub-command, if its place takes nothing else.
  static func first(in arguments: [String], of root: any ParsableCommand.Type) -> UnknownCommand? {
    var command = root
    var path = root.configuration.commandName ?? ""
    for word in arguments {
      let known = command.configuration.subcommands
      if known.isEmpty || word.hasPrefix("-") || word == "help" { return nil }
      guard let next = known.first(where: { $0.configuration.commandName == word }) else {
        return UnknownCommand(command: path, word: word, known: known.compactMap { $0.configuration.commandName })
      }
      command = next
      path += " " + word
    }
    return nil
  }

  var description: String {
    let hint = NearestName.of(word, among: known).map { " (did you mean \($0)?)" } ?? ""
    return "there is no command \(word)\(hint); \(command) has \(known.joined(separator: ", "))"
  }
}

extension Upconv {
  /// Runs a command line. All that goes wrong is one line on standard error: `upconv: ` and a sentence.
  static func perform(_ arguments: [String]) -> Never {
    do {
      if let unknown = UnknownCommand.first(in: arguments, of: Upconv.self) { throw unknown }
      var command = try parseAsRoot(arguments)
      try command.run()
      exit()
    } catch let error as CommandFailure {
      stop("\(error)", .failure)
    } catch let error as UnknownCommand {
      stop("\(error)", .validationFailure)
    } catch {
      // Help and the version are no failures; what ends with another status has said why.
      guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
      stop(sentence(message(for: error), arguments), .validationFailure)
    }
  }

  private static func stop(_ sentence: String, _ code: ExitCode) -> Never {
    OutputFile.standardError.write("upconv: \(sentence)\n")
    exit(withError: code)
  }

  /// ArgumentParser's own words begin with a capital, and say no rule: they get the place where the rules are.
  private static func sentence(_ message: String, _ arguments: [String]) -> String {
    var line = message.split(separator: "\n").first.map(String.init) ?? message
    if line.hasSuffix(".") { line.removeLast() }
    guard let first = line.first, first.isUppercase else { return line }
    if let hint = line.firstRange(of: ". Did you mean "), line.hasSuffix("?") {
      line = line[..<hint.lowerBound] + " (did you mean " + line[hint.upperBound...] + ")"
    }
    var command: any ParsableCommand.Type = Upconv.self
    var path = "upconv"
    for word in arguments {
      guard let next = command.configuration.subcommands.first(where: { $0.configuration.commandName == word }) else {
        break
      }
      command = next
      path += " " + word
    }
    return first.lowercased() + line.dropFirst() + "; \(path) --help shows what it takes"
  }
}
