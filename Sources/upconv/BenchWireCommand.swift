import ArgumentParser
import FoundationEssentials
import UpconvBench
import UpconvTensor

/// `upconv bench wire`: times the codecs.
struct BenchWireCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "wire", abstract: "Time the codecs of the wire on one core, each verified before it is timed.",
    discussion: """
      Prints a JSON line for each: name, bytes (on the wire), median_us, mb_per_s (10^6 bytes of the wire a second). \
      The tensor codecs carry a million normally distributed numbers, or those of --text. json_*_flat is one array, \
      nested has rows of 100 numbers, narrow rows of 4; steps is flat in pieces as the server reads them, doubles has \
      the digits of double precision; json_check_finite is the question whether there is text for all. gzip_* are by codec and kind of content, \
      with bytes of content instead. base64_* carry 4 MiB of float32. request_head_* are a thousand heads.
      """)

  @Option(help: "A file with one JSON array of numbers, to be used instead.") var text: String?
  @Option(help: "Only these: names with commas between.") var only: String?
  @Option(help: "Seconds for each measurement.") var seconds = 0.3

  func validate() throws {
    guard seconds > 0, seconds <= 600 else {
      throw ValidationError("--seconds is \(seconds), but must be above 0 and at most 600.")
    }
  }

  func run() throws {
    let benchmark = try WireBenchmark(numbers())
    let names = only.map { $0.split(separator: ",").map(String.init) } ?? benchmark.names
    for name in names {
      guard let result = try benchmark.measure(name, seconds: seconds) else {
        throw ValidationError("--only has \(name), but there are only \(benchmark.names.joined(separator: ", ")).")
      }
      print(
        "{\"name\":\"\(result.name)\",\"bytes\":\(result.byteCount),"
          + "\"median_us\":\((result.medianMicroseconds * 10).rounded() / 10),"
          + "\"mb_per_s\":\((result.megabytesPerSecond * 10).rounded() / 10)}")
    }
  }

  private func numbers() throws -> Tensor {
    guard let text else { return try WireBenchmark.normalNumbers() }
    return try JSONWireCases.tensor(Array(Data(contentsOf: URL(fileURLWithPath: text))))
  }
}
