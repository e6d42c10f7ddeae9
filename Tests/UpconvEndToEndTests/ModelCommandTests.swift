import Foundation
import Testing

/// `upconv init` and `upconv models`, as a person or a script runs them.
@Suite struct ModelCommandTests {
  private func inFolder(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder.path)
  }

  @Test func `init writes a model that list and inspect read`() throws {
    try inFolder { folder in
      let line = [
        "init", folder + "/up", "--input", "any,any,6", "--filters", "4", "--kernel", "4", "--initializer", "icnr",
        "--seed", "7", "--activation", "tanh", "--bias",
      ]
      let result = try Program.run(line)
      #expect(result.status == 0, "\(result.errors)")
      #expect(result.output == "\(folder)/up/model.json: x [any,any,any,6] -> y [any,any,any,4]\n")
      let again = try Program.run(line)
      #expect(again.status == 64)
      #expect(again.errors.contains("is there already; --force replaces it"))

      let list = try Program.run(["models", "list", folder])
      #expect(list.status == 0, "\(list.errors)")
      #expect(
        list.output == """
          model  version  input              output             parameters  weights
          up     1        x [any,any,any,6]  y [any,any,any,4]  388         initialised from seed 7

          """)

      let report = try Program.run(["models", "inspect", folder + "/up", "--size", "8,5", "--batch", "2", "--json"])
      #expect(report.status == 0, "\(report.errors)")
      let json = try #require(try JSONSerialization.jsonObject(with: Data(report.output.utf8)) as? [String: Any])
      #expect(json["input"] as? [Int] == [2, 8, 5, 6])
      #expect(json["output"] as? [Int] == [2, 16, 10, 4])
      let board = try #require((json["checkerboards"] as? [[String: Any]])?.first)
      #expect(board["overlaps"] as? [[Int]] == [[4, 4], [4, 4]])
      #expect(board["remedy"] == nil)
      #expect(json["weights"] as? String == "initialised from seed 7")
      #expect(json["input_data_format"] as? String == "channels_last")
      #expect(json["output_data_format"] as? String == "channels_last")
      let text = try Program.run(["models", "inspect", folder + "/up"]).output
      for word in [
        "model       up", "estimate", "weights     initialised from seed 7", "input       [1,64,64,6] channels_last",
      ] { #expect(text.contains(word), "\(text)") }
      #expect(!text.contains("checkerboard"), "an even layer: \(text)")
    }
  }

  @Test func `inspect names a layer that draws a checkerboard, with its numbers and a remedy`() throws {
    try inFolder { folder in
      let line = [
        "init", folder + "/up", "--input", "4,4,2", "--filters", "4", "--kernel", "3", "--initializer", "ones",
      ]
      #expect(try Program.run(line).status == 0)
      let text = try Program.run(["models", "inspect", folder + "/up"]).output
      #expect(
        text.hasSuffix(
          """
          checkerboard of y
            taps for each output   4 2 / 2 1, most to fewest 4.0
            an image of ones gives 8.0 4.0 / 4.0 2.0 in channel 0: uneven by 48.4%
            all channels together  uneven by 48.4%
            remedy                 take a kernel of 4×4, a multiple of the strides, or UpSampling2D((2,2)) and a Conv2D of \
          2×2

          """), "\(text)")
    }
  }

  @Test func `list and inspect refuse weights under another name`() throws {
    try inFolder { folder in
      #expect(
        try Program.run(["init", folder + "/m", "--input", "4,4,2", "--filters", "1", "--kernel", "3"]).status == 0)
      try Data("trained".utf8).write(to: URL(fileURLWithPath: folder + "/m/model.weights.h5"))
      for command in [["list", folder], ["inspect", folder + "/m"]] {
        let result = try Program.run(["models"] + command)
        #expect(result.status == 1)
        #expect(
          result.errors.contains(#"there is no weights.safetensors, but "model.weights.h5", which is not read"#),
          "\(result.errors)")
      }
    }
  }

  @Test func `init refuses what the server would not serve`() throws {
    try inFolder { folder in
      let layer = ["--input", "4,4,2", "--filters", "1", "--kernel", "3"]
      for name in ["two words", ".hidden", "\u{FC}ber", "a%2Fb", "x:y"] {
        let result = try Program.run(["init", folder + "/" + name] + layer)
        #expect(result.status == 64)
        #expect(result.errors.hasPrefix("upconv: the folder \"\(name)\" is no model: a model's name has letters"))
        #expect(!FileManager.default.fileExists(atPath: folder + "/" + name))
      }
      #expect(try Program.run(["init", folder + "/up/1"] + layer).status == 0)
      let hides = try Program.run(["init", folder + "/up"] + layer)
      #expect(hides.errors.contains("holds versions, such as 1"), "\(hides.errors)")
      #expect(try Program.run(["init", folder + "/plain"] + layer).status == 0)
      let inside = try Program.run(["init", folder + "/plain/other"] + layer)
      #expect(inside.errors.contains("is a model itself"), "\(inside.errors)")
      try Data("x".utf8).write(to: URL(fileURLWithPath: folder + "/plain/model.safetensors"))
      let stale = try Program.run(["init", folder + "/plain", "--force"] + layer)
      #expect(stale.errors.contains("the weights of another model"), "\(stale.errors)")
      let large = try Program.run([
        "init", folder + "/large", "--input", "70000,70000,64", "--filters", "1", "--kernel", "3",
      ])
      #expect(large.status == 64)
      #expect(large.errors.contains("is too large"), "\(large.errors)")
      try FileManager.default.removeItem(atPath: folder + "/plain/model.safetensors")
      // All that it wrote is served.
      let list = try Program.run(["models", "list", folder])
      #expect(list.status == 0, "\(list.errors)")
    }
  }

  @Test func `list names what cannot be loaded, and the rest`() throws {
    try inFolder { folder in
      #expect(
        try Program.run(["init", folder + "/good/2", "--input", "4,4,2", "--filters", "1", "--kernel", "3"]).status == 0
      )
      try FileManager.default.createDirectory(atPath: folder + "/bad/1", withIntermediateDirectories: true)
      let list = try Program.run(["models", "list", folder])
      #expect(list.status == 1)
      #expect(list.output.contains("good   2        x [any,4,4,2]"), "\(list.output)")
      #expect(list.errors == "bad, version 1: there is no model.json\n")
    }
  }

  @Test(arguments: [
    (["--input", "4,4"], "--input is 4,4, but must be height, width and channels"),
    (["--kernel", "a"], "--kernel is a, but must be one or two whole numbers"),
    (["--padding", "full"], "--padding is full, but must be same or valid"),
    (["--initializer", "orthogonal"], "--initializer is orthogonal, but must be one of glorot_uniform"),
    (["--activation", "glu"], #""activation" is "glu", but must be one of linear"#),
    (["--filters", "0"], #""filters" is 0, but must be a whole number from 1"#),
    (["--initializer", "bilinear"], "needs as many output channels as input channels"),
  ])
  func `What init cannot write is refused with its rule, and nothing is written`(
    change: [String], sentence: String
  ) throws {
    try inFolder { folder in
      var arguments = ["--input", "4,4,2", "--filters", "1", "--kernel", "3"]
      if let index = arguments.firstIndex(of: change[0]) { arguments.removeSubrange(index...index + 1) }
      let result = try Program.run(["init", folder + "/m"] + arguments + change)
      #expect(result.status == 64)
      #expect(result.errors.contains(sentence), "\(result.errors)")
      #expect(!FileManager.default.fileExists(atPath: folder + "/m"))
    }
  }
}
