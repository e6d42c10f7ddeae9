import ArgumentParser
import UpconvCompression
import UpconvHTTP2
import UpconvKernels

/// The command line.
@main
struct Upconv: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "upconv",
    abstract: "Transposed convolutions (conv2d_transpose, deconvolution) over HTTP, or on files.",
    discussion: """
      upconv serve            The service, on 127.0.0.1:8080; see its page at /.
      upconv serve --help     All its settings, and how else they can be given.
      upconv demo             A small example, computed here and printed.
      upconv run --input x.npy --filters w.npy --strides 2 -o y.npy
                              One layer, from files to a file.
      upconv init models/up --input any,any,64 --filters 32 --kernel 4
                              A model to try: upconv serve --models models

      UPCONV_ISA=portable|avx2|avx512 in the environment forces an instruction set.
      """,
    version: "\(ProgramVersion.text) (gzip by \(GzipCodec.best), HTTP/2 by nghttp2 \(HTTP2Library.version))",
    subcommands: [
      ServeCommand.self, HealthCommand.self, TokenCommand.self, RunCommand.self, InitCommand.self, ModelsCommand.self,
      DemoCommand.self,
      ExplainCommand.self, BenchCommand.self,
    ])

  static func main() {
    OutputFile.openStandardStreams()
    // Before anything computes: a wrong name must not silently run with another.
    do {
      _ = try InstructionSet.forced()
    } catch {
      OutputFile.standardError.write("upconv: \(InstructionSet.variable): \(error)\n")
      exit(withError: ExitCode.validationFailure)
    }
    let arguments = ProgramArguments.all
    guard arguments.first == ServeCommand.configuration.commandName else { perform(arguments) }
    ServeStart.run(arguments, root: Upconv.self)
  }
}
