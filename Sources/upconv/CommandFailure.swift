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
