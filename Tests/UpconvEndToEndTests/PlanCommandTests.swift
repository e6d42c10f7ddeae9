import Foundation
import Testing

/// `upconv explain` and `upconv bench kernel`, as a person or a script runs them.
@Suite struct PlanCommandTests {
  private static let up7 = [
    "--input-shape", "1,64,64,256", "--filters-shape", "4,4,64,256", "--strides", "2", "--isa", "portable",
  ]

  @Test func `explain says shapes, algorithm, estimate, packed size and waste`() throws {
    let result = try Program.run(["explain"] + PlanCommandTests.up7)
    #expect(result.status == 0, "\(result.errors)")
    for line in [
      "input      [1,64,64,256]", "output     [1,128,128,64]", "algorithm  winograd: Winograd's minimal filtering",
      "activation linear",
    ] {
      #expect(result.output.contains(line), "\(result.output)")
    }
    for word in [
      "instruction set portable", "estimated on one thread; by other algorithms: ",
      "work       1,057,030,144 multiply-adds by the definition; the algorithm saves ",
      "1.0 MiB as given", "as the algorithm reads them", "for each thread", "parts that threads share",
    ] {
      #expect(result.output.contains(word), "\(result.output)")
    }
  }

  @Test func `explain has the same as JSON, and takes the options of a request`() throws {
    func report(_ arguments: [String]) throws -> [String: Any] {
      let result = try Program.run(["explain", "--json"] + PlanCommandTests.up7 + arguments)
      #expect(result.status == 0, "\(result.errors)")
      return try #require(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
    }
    let picked = try report([])
    #expect(picked["algorithm"] as? String == "winograd")
    #expect(picked["output_shape"] as? [Int] == [1, 128, 128, 64])
    #expect(picked["filters_bytes"] as? Int == 4 * 4 * 4 * 64 * 256)
    // 5 × 5 points for 4 × 4 outputs of 2 × 2 taps, in each of 4 phases.
    #expect(picked["packed_bytes"] as? Int == 4 * 4 * 25 * 64 * 256)
    #expect((picked["wasted_share"] as? Double ?? 1) < -0.5)
    let exact = try report(["--exact"])
    #expect(exact["algorithm"] as? String == "phases")
    #expect(exact["packed_bytes"] as? Int == 4 * 16 * 64 * 256)
    #expect((exact["estimated_microseconds"] as? [String: Double])?["winograd"] == nil)
    #expect(picked["activation"] as? String == "linear")
    #expect(picked["activation_multiply_adds"] as? Double == 0)
    let tanh = try report(["--activation", "tanh"])
    #expect(tanh["activation"] as? String == "tanh")
    #expect(tanh["activation_multiply_adds"] as? Double == 80)
    func estimate(_ report: [String: Any]) throws -> Double {
      try #require((report["estimated_microseconds"] as? [String: Double])?["winograd"])
    }
    #expect(try estimate(tanh) > estimate(picked))
    #expect(try report(["--algorithm", "direct"])["algorithm"] as? String == "direct")
    #expect(try report(["--padding", "VALID"])["output_shape"] as? [Int] == [1, 130, 130, 64])
  }

  @Test(arguments: [
    (["--input-shape", "1,4,x,2"], "--input-shape is 1,4,x,2"),
    (["--input-shape", "1,4,4"], "input has the shape [1,4,4], but must have 4 axes"),
    (["--strides", "0"], "strides has the value 0, but must be from 1 to 65536"),
    (["--filters-shape", "3,3,2,5"], "5"), (["--isa", "mmx"], "mmx is no instruction set; this machine has portable"),
    (
      ["--algorithm", "fft"],
      "--algorithm is fft, but must be one of direct, phases, rows, pixels, winograd, strassen"
    ),
    (["--filters-shape", "3,3,99999999,99999999"], "too large"),
  ])
  func `What explain cannot plan is refused with its rule`(change: [String], sentence: String) throws {
    var arguments = ["--input-shape", "1,4,4,2", "--filters-shape", "3,3,4,2"]
    if let index = arguments.firstIndex(of: change[0]) { arguments.removeSubrange(index...index + 1) }
    let result = try Program.run(["explain"] + arguments + change)
    #expect(result.status == 64)
    #expect(result.errors.contains(sentence), "\(result.errors)")
  }

  @Test func `UPCONV_ISA forces an instruction set, and stops the start where it names none`() throws {
    let arguments = ["explain", "--input-shape", "1,4,4,2", "--filters-shape", "3,3,4,2"]
    let forced = try Program.run(arguments, environment: ["UPCONV_ISA": "portable"])
    #expect(forced.output.contains("instruction set portable"), "\(forced.errors)")
    for command in [arguments, ["serve", "--port", "0"], ["demo"], ["bench", "kernel"]] {
      let wrong = try Program.run(command, environment: ["UPCONV_ISA": "avx9"])
      #expect(wrong.status == 64)
      #expect(wrong.errors.hasPrefix("upconv: UPCONV_ISA: avx9 is no instruction set; this machine has portable"))
    }
  }

  private func layersFile(_ text: String) throws -> URL {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).json")
    try Data(text.utf8).write(to: url)
    return url
  }

  @Test func `bench kernel prints a JSON line for each layer of a file`() throws {
    let sizes = #""batch":2,"height":5,"width":6,"in_channels":3,"out_channels":4,"kernel":3,"stride":2"#
    let file = try layersFile(#"[{"name":"a \"b\"",\#(sizes)},{"name":"c",\#(sizes)}]"#)
    defer { try? FileManager.default.removeItem(at: file) }
    let result = try Program.run([
      "bench", "kernel", "--layers", file.path, "--seconds", "0.01", "--threads", "1", "--isa", "portable",
    ])
    #expect(result.status == 0, "\(result.errors)")
    let lines = try result.output.split(separator: "\n").map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
    #expect(lines.compactMap { $0["name"] as? String } == ["a \"b\"", "c"])
    for line in lines {
      #expect(
        Set(line.keys) == [
          "name", "median_us", "unpacked_us", "gflops", "algorithm", "isa", "max_error", "peak_gflops",
        ])
      #expect(line["isa"] as? String == "portable")
      #expect((line["max_error"] as? Double ?? 1) < 4e-7)
      #expect((line["median_us"] as? Double ?? 0) > 0)
    }
    let only = try Program.run([
      "bench", "kernel", "--layers", file.path, "--only", "c", "--seconds", "0.01", "--algorithm", "direct",
    ])
    #expect(only.output.split(separator: "\n").count == 1)
    #expect(only.output.contains(#""algorithm":"direct""#))
  }

  @Test(arguments: [
    ("[", "is not a JSON array of"), ("{}", "is of another type"), (#"[{"name":"a"}]"#, "layer 0 has no batch"),
    (
      #"[{"name":"a","batch":1,"height":0,"width":1,"in_channels":1,"out_channels":1,"kernel":1,"stride":1}]"#,
      "a has the height 0, but it must be from 1 to 65536"
    ),
    (
      #"[{"name":"a","batch":65536,"height":65536,"width":9,"in_channels":9,"out_channels":1,"kernel":1,"stride":1}]"#,
      "too large"
    ),
  ])
  func `A file of layers that is wrong is refused with its rule`(text: String, sentence: String) throws {
    let file = try layersFile(text)
    defer { try? FileManager.default.removeItem(at: file) }
    let result = try Program.run(["bench", "kernel", "--layers", file.path])
    #expect(result.status != 0)
    #expect(result.errors.contains(sentence), "\(result.errors)")
    let missing = try Program.run(["bench", "kernel", "--layers", "/nowhere.json"])
    #expect(missing.errors.contains("cannot read /nowhere.json"))
  }
}
