import Foundation
import Testing
import UpconvConvolution
import UpconvFormats
import UpconvTensor
import UpconvTestSupport

/// The program as a person runs it.
@Suite struct CommandLineTests {
  @Test func `demo prints what NumPy would`() throws {
    let result = try Program.run(["demo"])
    #expect(result.status == 0)
    #expect(
      result.output == """
        (3, 4, 4, 2)
        (3, 8, 8, 4)
        [[2. 2. 4. 2. 4. 2. 4. 2.]
         [2. 2. 4. 2. 4. 2. 4. 2.]
         [4. 4. 8. 4. 8. 4. 8. 4.]
         [2. 2. 4. 2. 4. 2. 4. 2.]
         [4. 4. 8. 4. 8. 4. 8. 4.]
         [2. 2. 4. 2. 4. 2. 4. 2.]
         [4. 4. 8. 4. 8. 4. 8. 4.]
         [2. 2. 4. 2. 4. 2. 4. 2.]]

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
      #expect(broken.errors.hasPrefix("upconv: \(file.path): "))
      let nothing = try Program.run(["run"])
      #expect(nothing.errors == "upconv: input is missing: input and filters are required\n")
      let ending = try Program.run(["run", "-o", "y.txt"])
      #expect(ending.status == 64)
      #expect(ending.errors.contains("y.txt"))
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
