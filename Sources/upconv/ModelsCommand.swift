import ArgumentParser

/// `upconv models`: what a folder of models holds, without a server.
struct ModelsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "models", abstract: "Look at models: which there are, what is in them, how they would run.",
    subcommands: [ModelsListCommand.self, ModelsInspectCommand.self])
}
