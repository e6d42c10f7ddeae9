import Testing
import UpconvModels
import UpconvTensor

@Suite struct RandomModelTests {
  /// Ten times a hundred, so that a fault names its hundred and all processors are used.
  @Test(arguments: 0..<10)
  func `A thousand random models give what their definition gives`(hundred: Int) throws {
    let folder = try TemporaryFolder()
    var looseModels = 0
    for seed in hundred * 100..<(hundred + 1) * 100 {
      let random = RandomModel(seed: UInt64(seed))
      try folder.write(random.document, to: "model.json")
      try folder.write(random.weightsFile, to: "weights.safetensors")
      var reference = ModelReference(random.input)
      for (layer, weights) in zip(random.layers, random.weights) { reference.apply(layer, weights) }
      let model = try folder.model()
      let output = try model.run(random.input, threads: 2)
      #expect(output.shape.dimensions == reference.dimensions, "seed \(seed): \(random.document)")
      let fault = zip(output.elements, zip(reference.values, reference.bounds)).first { got, expected in
        // Written so that a NaN is a fault.
        !(abs(Double(got) - expected.0) <= expected.1)
      }
      // A bound that anything would meet shows nothing.
      let loosest = zip(reference.values, reference.bounds).map { $1 / (0.01 + abs($0)) }.max() ?? 0
      if loosest > 0.01 { looseModels += 1 }
      #expect(fault == nil, "seed \(seed): \(random.document)")
    }
    #expect(looseModels <= 5)
  }
}
