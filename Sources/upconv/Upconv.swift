import ArgumentParser
import UpconvCompression
import UpconvHTTP2
import UpconvKernels

/// The command line.
@main
struct Upconv: ParsableCommand {
  static let version = "0.1.0"

  static let configuration = CommandConfiguration(
    commandName: "upconv",
    abstract: "Transposed convolutions (conv2d_transpose, deconvolution) over HTTP, or on files.",
    discussion: "UPCONV_ISA=portable|avx2|avx512 in the environment forces an instruction set.",
    version: "\(version) (gzip by \(GzipCodec.best), HTTP/2 by nghttp2 \(HTTP2Library.version))",
    subcommands: [
      ServeCommand.self, HealthCommand.self, TokenCommand.self, RunCommand.self, InitCommand.self, ModelsCommand.self,
      DemoCommand.self,
      ExplainCommand.self, BenchCommand.self,
    ])

  static func main() {
    // Before anything computes: a wrong name must not silently run with another.
    do {
      _ = try InstructionSet.forced()
    } catch {
      OutputFile.standardError.write("upconv: \(InstructionSet.variable): \(error)\n")
      exit(withError: ExitCode.validationFailure)
    }
    main(nil)
  }
}
