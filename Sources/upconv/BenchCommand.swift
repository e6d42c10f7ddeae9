import ArgumentParser

/// `upconv bench`: what the parts cost on this machine.
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Time the parts of the service on this machine.",
    subcommands: [BenchKernelCommand.self, BenchWireCommand.self])
}
