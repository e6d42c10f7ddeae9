import ArgumentParser

/// The command line: `upconv serve`, `upconv run`, `upconv demo`.
@main
struct Upconv: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "upconv",
    abstract: "Transposed convolutions (conv2d_transpose, deconvolution) over HTTP, or on files.",
    version: "0.1.0",
    subcommands: [ServeCommand.self, RunCommand.self, DemoCommand.self, BenchCommand.self])
}
