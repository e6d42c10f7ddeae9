import Foundation
import Testing
import UpconvConvolution
import UpconvFormats
import UpconvTensor
import UpconvTestSupport

/// `exact` wherever an option can be given, with a layer that Winograd's algorithm can compute: right either way.
@Suite struct ExactTests {
  /// A 3×3 layer with enough channels for every algorithm, and what it gives by the definition.
  private struct Layer {
    let input: Tensor
    let filters: Tensor
    let reference: GatherReference

    init() {
      var generator = SeededGenerator(seed: 11)
      input = generator.tensor([1, 14, 15, 32])
      filters = generator.tensor([3, 3, 32, 32])
      reference = GatherReference(
        operation: TransposedConvolution(), input: input, filters: filters, bias: nil,
        outputSize: Spatial(height: 14, width: 15), cropBefore: Spatial(height: 1, width: 1))
    }

    func fault(_ output: [Float]) -> String? {
      Comparison.firstFault(got: output, expected: reference.outputs, magnitudes: reference.magnitudes)
    }

    func request(exact: String?) -> GoldenCase {
      GoldenCase(
        name: "exact", options: exact.map { [("exact", $0)] } ?? [], input: input, filters: filters, bias: nil,
        output: input)
    }
  }

  private static let layer = Layer()

  @Test(arguments: [nil, "false", "true"])
  func `Answers are right in JSON, safetensors and the query`(exact: String?) throws {
    let layer = ExactTests.layer
    let server = try TestServer()
    let request = layer.request(exact: exact)
    let json = try #require(try server.post(request.json(nested: false)).tensor)
    #expect(layer.fault(json.data) == nil)
    let safetensors = try server.post(
      request.safetensors(), type: "application/vnd.safetensors", fields: [("Accept", "application/json")])
    #expect(try #require(safetensors.tensor).data == json.data)
    let query = try server.post(
      layer.request(exact: nil).safetensors(), path: "/v1/conv2d_transpose?exact=\(exact ?? "null")",
      type: "application/vnd.safetensors", fields: [("Accept", "application/json")])
    #expect(try #require(query.tensor).data == json.data)
  }

  @Test func `run takes it as a flag`() throws {
    let layer = ExactTests.layer
    let file = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString + ".safetensors")
    defer { try? FileManager.default.removeItem(at: file) }
    try Data(layer.request(exact: nil).safetensors()).write(to: file)
    for flags in [[], ["--exact"]] {
      let result = try Program.run(["run", "--request", file.path] + flags)
      #expect(result.status == 0, "\(result.errors)")
      let answer = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
      let data = try #require(answer?["data"] as? [Double])
      #expect(layer.fault(data.map { Float($0) }) == nil)
    }
    try Data(layer.request(exact: "false").safetensors()).write(to: file)
    let twice = try Program.run(["run", "--request", file.path, "--exact"])
    #expect(twice.errors == "upconv: exact is given more than once\n")
  }
}
