import ArgumentParser
import FoundationEssentials
import UpconvBench
import UpconvConvolution
import UpconvKernels

/// `upconv bench kernel`: times the core, layer by layer.
struct BenchKernelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kernel", abstract: "Time transposed convolutions, each verified before it is timed.",
    discussion: """
      With --layers, prints a JSON line for each layer of the file: name, median_us, \
      unpacked_us (a layer that is new, so that its filters are packed first), gflops, algorithm, isa, \
      max_error (relative to the sum of a result's absolute products), peak_gflops (multiply-adds from registers, \
      just before and after). Without it, a table of the built-in layers with every algorithm that can compute them.

      Ends with status 1 where a result is wrong, or, in the table, where the planner's pick is over 5% slower than \
      the best algorithm.
      """)

  @Option(help: "A JSON array of {name, batch, height, width, in_channels, out_channels, kernel, stride}.")
  var layers: String?
  @Option(help: "Only these layers: names with commas between.") var only: String?
  @Option(help: "Threads.") var threads = ProcessorAllowance.current()
  @Option(help: "Seconds for each measurement.") var seconds = 0.3
  @Option(help: "portable, avx2 or avx512. By default UPCONV_ISA, else the fastest.") var isa: String?
  @Option(help: "direct, phases, rows, pixels, winograd or strassen. By default the planner's pick.")
  var algorithm: String?

  func validate() throws {
    try LimitOptions.check("--threads", threads, 1...1024)
    guard seconds > 0, seconds <= 600 else {
      throw ValidationError("--seconds is \(seconds), but must be above 0 and at most 600.")
    }
    _ = try KernelChoice.algorithm(algorithm)
    _ = try KernelChoice.tiles(isa)
  }

  private func selectedLayers() throws -> [BenchmarkLayer] {
    let names = only.map { Set($0.split(separator: ",").map(String.init)) }
    let all = try layers.map(LayersFile.layers) ?? BenchmarkLayer.builtIn
    if let names, let missing = names.subtracting(all.map(\.name)).sorted().first {
      throw ValidationError("--only has \(missing), but there is no such layer.")
    }
    return all.filter { names?.contains($0.name) ?? true }
  }

  func run() throws {
    var isSlow = false
    for layer in try selectedLayers() {
      let benchmark = try KernelBenchmark(layer, threads: threads, tiles: KernelChoice.tiles(isa))
      if layers != nil || algorithm != nil {
        print(BenchKernelCommand.line(try benchmark.measure(KernelChoice.algorithm(algorithm), seconds: seconds)))
      } else {
        isSlow = try row(layer, benchmark) || isSlow
      }
    }
    if isSlow { throw ExitCode.failure }
  }

  private static func line(_ result: KernelBenchmark.Result) -> String {
    "{\"name\":\(quoted(result.layer.name)),\"median_us\":\(rounded(result.medianMicroseconds, 2)),"
      + "\"unpacked_us\":\(rounded(result.unpackedMicroseconds, 2)),"
      + "\"gflops\":\(rounded(result.gigaflops, 1)),\"algorithm\":\"\(result.algorithm.rawValue)\","
      + "\"isa\":\"\(result.instructionSet.rawValue)\",\"max_error\":\(result.maxError),"
      + "\"peak_gflops\":\(rounded(result.peakGigaflops, 1))}"
  }

  /// Prints a layer with all its algorithms; true if the planner's pick is over 5% slower than the best.
  private func row(_ layer: BenchmarkLayer, _ benchmark: KernelBenchmark) throws -> Bool {
    var results: [KernelBenchmark.Result] = []
    for candidate in try benchmark.candidates() where candidate != .direct {
      results.append(try benchmark.measure(candidate, seconds: seconds))
    }
    let picked = try benchmark.measure(nil, seconds: seconds)
    let best = min(results.map(\.medianMicroseconds).min() ?? .infinity, picked.medianMicroseconds)
    let isSlow = picked.medianMicroseconds > 1.05 * best
    let estimates = try benchmark.estimates()
    let others = results.map {
      "\($0.algorithm.rawValue) \(BenchKernelCommand.rounded($0.medianMicroseconds, 1)) (\(BenchKernelCommand.rounded((estimates[$0.algorithm] ?? 0) / 1000, 1)))"
    }
    print(
      "\(layer.name): \(picked.algorithm.rawValue) \(BenchKernelCommand.rounded(picked.medianMicroseconds, 1)) µs, "
        + "\(BenchKernelCommand.rounded(picked.gigaflops, 1)) GF/s of \(BenchKernelCommand.rounded(picked.peakGigaflops, 0))"
        + ", error \(picked.maxError); \(others.joined(separator: ", "))\(isSlow ? "  SLOWER THAN THE BEST" : "")")
    return isSlow
  }

  private static func quoted(_ name: String) -> String {
    (try? JSONEncoder().encode(name)).map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
  }

  private static func rounded(_ number: Double, _ digits: Int) -> String {
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    let value = (number * scale).rounded() / scale
    return digits == 0 ? "\(Int(value))" : "\(value)"
  }
}
