import Foundation
import Testing
import UpconvConvolution
import UpconvFormats
import UpconvTensor
import UpconvTestSupport

/// The program as a person runs it.
@Suite struct CommandLineTests {
  @Test func `demo says what each line is, and prints the matrix as NumPy would`() throws {
    let result = try Program.run(["demo"])
    #expect(result.status == 0)
    #expect(
      result.output == """
        input    (3, 4, 4, 2): three images of 4x4 pixels with two channels, all ones
        filters  (3, 3, 4, 2): a kernel of 3x3, from two channels to four, all ones
        strides  2, padding SAME, output shape 8x8 with four channels
        output   (3, 8, 8, 4), of which the first image's first channel is

        [[2. 2. 4. 2. 4. 2. 4. 2.]
         [2. 2. 4. 2. 4. 2. 4. 2.]
         [4. 4. 8. 4. 8. 4. 8. 4.]
         [2. 2. 4. 2. 4. 2. 4. 2.]
         [4. 4. 8. 4. 8. 4. 8. 4.]
         [2. 2. 4. 2. 4. 2. 4. 2.]
         [4. 4. 8. 4. 8. 4. 8. 4.]
         [2. 2. 4. 2. 4. 2. 4. 2.]]

        Every input is 1, yet the outputs differ: neighbouring copies of the kernel overlap, since 3 is no multiple of
        the stride 2. That is the checkerboard of transposed convolutions; a 4x4 kernel has none. See docs/mathematics.md,
        or the page of upconv serve.

        """)
  }

  private func inFolder(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder)
  }

  private func writeNpy(_ tensor: Tensor, _ url: URL) throws {
    try Data(NpyHeader.bytes(shape: tensor.shape) + tensor.withBytes(Array.init)).write(to: url)
  }

  @Test func `run computes from .npy files to a .npy file`() throws {
    try inFolder { folder in
      var generator = SeededGenerator(seed: 5)
      let input = generator.tensor([2, 3, 4, 3])
      let filters = generator.tensor([4, 4, 5, 3])
      let bias = generator.tensor([5])
      try writeNpy(input, folder.appendingPathComponent("x.npy"))
      try writeNpy(filters, folder.appendingPathComponent("w.npy"))
      try writeNpy(bias, folder.appendingPathComponent("b.npy"))
      let output = folder.appendingPathComponent("y.npy")
      let result = try Program.run([
        "run", "--input", folder.appendingPathComponent("x.npy").path, "--filters",
        folder.appendingPathComponent("w.npy").path, "--bias", folder.appendingPathComponent("b.npy").path,
        "--strides", "2", "--activation", "relu", "-o", output.path,
      ])
      #expect(result.status == 0, "\(result.errors)")
      var reader = NpyReader()
      try Array(Data(contentsOf: output)).withUnsafeBytes { try reader.read($0) }
      let got = try reader.finish()
      #expect(got.shape.dimensions == [2, 6, 8, 5])
      let reference = GatherReference(
        operation: {
          var operation = TransposedConvolution()
          operation.strides = Spatial(height: 2, width: 2)
          operation.activation = .relu
          return operation
        }(), input: input, filters: filters, bias: bias, outputSize: Spatial(height: 6, width: 8),
        cropBefore: Spatial(height: 1, width: 1))
      #expect(
        Comparison.firstFault(got: got.elements, expected: reference.outputs, magnitudes: reference.magnitudes) == nil)
    }
  }

  @Test func `run reads a request's file and prints JSON without -o`() throws {
    try inFolder { folder in
      let file = folder.appendingPathComponent("request.json")
      try Data(#"{"input":[[[[3],[1]]]],"filters":[[[[2]]]]}"#.utf8).write(to: file)
      let flat = try Program.run(["run", "--request", file.path])
      #expect(flat.output == #"{"shape":[1,1,2,1],"data":[6,2]}"# + "\n")
      let nested = try Program.run(["run", "--request", file.path, "--strides", "1,2", "--format", "nested"])
      #expect(nested.output == #"{"shape":[1,1,4,1],"data":[[[[6],[0],[2],[0]]]]}"# + "\n")
    }
  }

  @Test func `run says in a sentence what is wrong, and with which file`() throws {
    try inFolder { folder in
      let file = folder.appendingPathComponent("x.npy")
      try Data("no npy".utf8).write(to: file)
      let missing = try Program.run(["run", "--input", "/nowhere/x.npy", "--filters", file.path])
      #expect(missing.status == 1)
      #expect(missing.errors == "upconv: cannot read /nowhere/x.npy\n")
      let broken = try Program.run(["run", "--input", file.path, "--filters", file.path])
      #expect(broken.status == 1)
      #expect(broken.errors == "upconv: \(file.path) is no .npy file: it begins with 6e 6f 20 6e\n")
      let nothing = try Program.run(["run"])
      #expect(nothing.errors == "upconv: input is missing: input and filters are required\n")
      let ending = try Program.run(["run", "-o", "y.txt"])
      #expect(ending.status == 64)
      #expect(ending.errors.contains("y.txt"))
    }
  }

  @Test(arguments: [
    (["servee"], 64, "there is no command servee (did you mean serve?); upconv has serve, health, "),
    (["models", "lst"], 64, "there is no command lst (did you mean list?); upconv models has list, inspect"),
    (["frobnicate"], 64, "there is no command frobnicate; upconv has serve"),
    (["run", "--inpt", "x"], 64, "unknown option '--inpt' (did you mean '--input'?); upconv run --help shows"),
    (["run", "--threads", "0"], 64, "--threads is 0, but must be from 1 to 1024"),
    (["token"], 64, "missing expected argument '<name>'; upconv token --help shows what it takes"),
    (["health", "--address", "nowhere", "--port", "1"], 1, "nowhere port 1: not a numeric address"),
    (["models", "inspect", "/nowhere"], 1, "/nowhere cannot be read: No such file or directory"),
    (["explain", "--input-shape", "1,4,x,2", "--filters-shape", "1,1,1,1"], 64, "--input-shape is 1,4,x,2"),
  ])
  func `Every command says what is wrong in one line, in one form`(line: [String], status: Int32, text: String) throws {
    let result = try Program.run(line)
    #expect(result.status == status)
    #expect(result.errors.hasPrefix("upconv: " + text), "\(result.errors)")
    #expect(result.errors.count { $0 == "\n" } == 1, "\(result.errors)")
    #expect(result.output.isEmpty)
  }

  @Test func `Help and the version are no errors`() throws {
    for line in [[], ["--help"], ["help", "run"], ["models"], ["run", "--help"], ["--version"]] {
      let result = try Program.run(line)
      #expect(result.status == 0 && result.errors.isEmpty && !result.output.isEmpty, "\(line)")
    }
  }

  /// Runs a line of a shell, with the program as `$UPCONV`, in a folder with x.npy and w.npy.
  private func shell(_ line: String, _ body: (URL, Program.Result) throws -> Void) throws {
    try inFolder { folder in
      var generator = SeededGenerator(seed: 6)
      try writeNpy(generator.tensor([1, 2, 2, 1]), folder.appendingPathComponent("x.npy"))
      try writeNpy(generator.tensor([3, 3, 1, 1]), folder.appendingPathComponent("w.npy"))
      let script = "cd '\(folder.path)'; UPCONV='\(Program.url.path)'; " + line
      let result = try Program.run(URL(fileURLWithPath: "/bin/sh"), ["-c", script])
      try body(folder, result)
    }
  }

  @Test func `run reads standard input and writes standard output, and names of files are free`() throws {
    let plain = "$UPCONV run --input x.npy --filters w.npy --strides 2 -o y.npy && "
    try shell(
      plain + "$UPCONV run --input - --filters w.npy --strides 2 -o - --output-format npy <x.npy | cmp - y.npy"
    ) { _, result in
      #expect(result.status == 0, "\(result.errors)")
    }
    try shell(
      plain
        + "cp x.npy x.bin; cp w.npy w && $UPCONV run --input x.bin --filters w --strides 2 -o y --output-format npy "
        + "&& cmp y y.npy"
    ) { _, result in
      #expect(result.status == 0, "\(result.errors)")
    }
    try shell(#"echo '{"input":[[[[3]]]],"filters":[[[[2]]]]}' | $UPCONV run --request -"#) { _, result in
      #expect(result.output == #"{"shape":[1,1,1,1],"data":[6]}"# + "\n")
    }
    try shell("$UPCONV run --input - --filters - <x.npy") { _, result in
      #expect(result.errors == "upconv: standard input (-) is read 2 times, but can be read once\n")
    }
    try shell("$UPCONV run --input x.npy --filters w.npy -o y.txt") { _, result in
      #expect(result.errors.contains("y.txt has no ending that names a format (npy, safetensors, json, bin, png)"))
    }
  }

  @Test func `An output file appears whole or not at all`() throws {
    // The file may have 64 KiB: what is too large for it ends in the middle of writing, as a full disk would end it.
    try shell(
      "echo old >y.json; ulimit -f 64; trap '' XFSZ; $UPCONV run --input x.npy --filters w.npy --strides 300 -o y.json"
    ) { folder, result in
      #expect(result.status == 1)
      #expect(result.errors == "upconv: cannot write y.json: File too large\n")
      let kept = try String(contentsOf: folder.appendingPathComponent("y.json"), encoding: .utf8)
      #expect(kept == "old\n")
      let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
      #expect(files == ["w.npy", "x.npy", "y.json"])
    }
    // A link stays one, and the file that it leads to keeps its rights.
    try shell(
      "umask 027; echo old >target; chmod 640 target; ln -s target y.json; "
        + "$UPCONV run --input x.npy --filters w.npy -o y.json && stat -c '%F %a' y.json target && cat target"
    ) { _, result in
      #expect(result.output.hasPrefix("symbolic link 777\nregular file 640\n{\"shape\":"), "\(result.output)")
    }
    try shell("$UPCONV run --input x.npy --filters w.npy -o /dev/null --output-format npy") { _, result in
      #expect(result.status == 0, "\(result.errors)")
    }
  }

  @Test func `A long run shows on a terminal how far it has come, and nothing elsewhere`() throws {
    let line =
      "python3 -c 'import numpy as np; np.save(\"b.npy\", np.ones((1, 300, 300, 32), \"f4\")); "
      + "np.save(\"k.npy\", np.ones((9, 9, 64, 32), \"f4\"))'; "
    let run = "UPCONV_ISA=portable $UPCONV run --input b.npy --filters k.npy --strides 2 --threads 1 -o y.npy"
    try shell(line + "script -qec \"\(run)\" /dev/null </dev/null") { _, result in
      #expect(result.output.contains("computing ["), "\(result.output)")
      #expect(result.output.hasSuffix("\r\u{1B}[K"), "the line is taken away")
    }
    try shell(line + run) { _, result in
      #expect(result.status == 0 && result.output.isEmpty && result.errors.isEmpty, "\(result)")
    }
  }

  @Test func `A flag out of range stops the start with its rule`() throws {
    for (arguments, word) in [
      (["serve", "--threads", "0"], "--threads is 0, but must be from 1 to 1024"),
      (["serve", "--max-rank", "2"], "--max-rank is 2"), (["serve", "--log-level", "loud"], "--log-level is loud"),
      (["serve", "--prot", "1"], "--prot"),
    ] {
      let result = try Program.run(arguments)
      #expect(result.status == 64)
      #expect(result.errors.contains(word), "\(result.errors)")
    }
  }

  @Test func `An address that is not there, or a port in use, stops the start with a sentence`() throws {
    let server = try TestServer()
    let taken = try Program.run(["serve", "--port", String(server.port)])
    #expect(taken.status == 1)
    #expect(
      taken.errors == """
        upconv: cannot listen on 127.0.0.1, port \(server.port): bind: Address already in use (--address: default; \
        --port: flag)

        """)
    let name = try Program.run(["serve", "--address", "localhost"])
    #expect(name.status == 1)
    #expect(name.errors == "upconv: \"localhost\" is not a numeric IPv4 or IPv6 address (--address: flag)\n")
  }
}
