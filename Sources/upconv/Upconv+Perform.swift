import ArgumentParser

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
