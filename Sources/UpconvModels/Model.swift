import Synchronization
import UpconvConvolution
import UpconvJSON
package import UpconvSystem
package import UpconvTensor

/// One model, loaded, checked and ready to run, on any number of threads at once.
///
/// A model is a chain: each layer reads what the one before it gives. It comes from a folder with Keras's `model.json`
/// and `weights.safetensors` (`docs/models.md`).
package final class Model: Sendable {
  /// Keras's name of the whole.
  package let name: String
  /// Named as the first layer, with the batch first.
  package let input: ModelTensor
  /// Named as the last layer.
  package let output: ModelTensor
  /// In the order in which they run, the InputLayer left out.
  package let layers: [LayerSummary]
  /// Where the weights come from.
  package let weightsOrigin: WeightsOrigin
  package let limits: ModelLimits
  let stages: [any Stage]
  /// What each step of the runs so far took.
  package let layerTimes: LayerTimes
  private let known = Mutex<[Known]>([])

  /// Reads `model.json` and, where it is there, `weights.safetensors`.
  /// - Parameters:
  ///   - directory: the folder that holds both.
  ///   - root: how far links may lead: nowhere out of this folder; `directory` itself where nil.
  /// - Throws: the first thing that is wrong, with a sentence.
  /// - Complexity: O(bytes of weights); filters are packed when a plan first needs them, see `warmUp`.
  package convenience init(
    directory: String, within root: String? = nil, limits: ModelLimits = ModelLimits()
  ) throws(ModelError) {
    let folder = try ModelFolder(directory, within: root)
    let document = try ModelDocument(try folder.document(limits))
    try self.init(document, folder, limits)
  }

  private init(_ document: ModelDocument, _ folder: ModelFolder, _ limits: ModelLimits) throws(ModelError) {
    var layers: [any ModelLayer] = []
    var dimensions = document.input.dimensions
    for configuration in document.layers {
      let layer = try LayerKind.layer(configuration, input: dimensions)
      dimensions = layer.outputDimensions
      // Each layer multiplies a length by 2^16 at most: so none overflows.
      guard dimensions.allSatisfy({ ($0 ?? 0) <= Model.maxLength }) else {
        throw .tooLong(layer: configuration.layer, output: dimensions, maxLength: Model.maxLength)
      }
      layers.append(layer)
    }
    let needs = zip(document.layers, layers).map {
      ModelWeights.Need(layer: $0.layer, declarations: $1.weights)
    }
    var weights = try ModelWeights(folder, needs: needs, seed: document.seed, limits: limits)
    var drafts: [StageDraft] = []
    for (layer, need) in zip(layers, needs) {
      drafts += try layer.drafts(try weights.weights(of: need))
    }
    stages = try StageDraft.stages(fusing: drafts, limits)
    layerTimes = LayerTimes(stages)
    weightsOrigin = weights.origin
    name = document.name
    let layout = ChainLayout(
      layers.map(\.layoutEvidence), input: document.input.dimensions, output: dimensions)
    input = ModelTensor(
      name: document.input.name, dimensions: document.input.dimensions, layout: layout.input)
    output = ModelTensor(
      name: document.layers.last?.layer ?? document.input.name, dimensions: dimensions, layout: layout.output)
    self.layers = zip(document.layers, layers).map { LayerSummary($0, $1) }
    self.limits = limits
  }

  /// Of an axis of any tensor on the way.
  private static let maxLength = 1 << 40

  /// The shape of the output for an input of a shape. O(layers): nothing is planned.
  /// - Throws: if the model cannot take it, or it asks for more than the limits allow.
  package func outputShape(for input: Shape) throws(ModelInputError) -> Shape {
    try shapes(for: input).last ?? input
  }

  /// The shapes of what each stage gives; remembered for the inputs of late, since a tiny model runs no longer than
  /// working them out takes.
  func shapes(for input: Shape) throws(ModelInputError) -> [Shape] { try known(input).shapes }

  /// What is known of an input of a shape.
  struct Known {
    let input: Shape
    /// Of what each stage gives.
    let shapes: [Shape]
    let multiplyAdds: Int
  }

  /// What is known of an input, worked out where it was not among those of late.
  func known(_ input: Shape) throws(ModelInputError) -> Known {
    let remembered = known.withLock { known -> Known? in
      // By index: a copy of each entry that is looked at would count references.
      for index in known.indices where known[index].input == input { return known[index] }
      return nil
    }
    if let remembered { return remembered }
    let new = try checked(input)
    known.withLock { known in
      if known.count == Model.maxKnown { known.removeFirst() }
      known.append(new)
    }
    return new
  }

  /// As many sizes as layers keep plans for.
  private static let maxKnown = 8

  private func checked(_ input: Shape) throws(ModelInputError) -> Known {
    let expected = self.input.dimensions
    guard input.rank == expected.count, zip(input.dimensions, expected).allSatisfy({ $0 == ($1 ?? $0) }) else {
      throw .wrongShape(input: self.input.name, expected: expected, given: input.dimensions)
    }
    guard input.dimensions.dropFirst().allSatisfy({ $0 > 0 }) else {
      throw .emptyAxis(input: self.input.name, given: input.dimensions)
    }
    var shapes: [Shape] = []
    var last = input
    var multiplyAdds = 0
    for stage in stages {
      multiplyAdds = sum(multiplyAdds, stage.multiplyAdds(for: last.dimensions))
      let dimensions = try stage.outputDimensions(of: last.dimensions)
      do throws(ShapeError) {
        last = try Shape(dimensions, limits: limits.tensor)
      } catch { throw .tooLarge(layer: stage.layer, error) }
      shapes.append(last)
    }
    guard multiplyAdds <= limits.maxMultiplyAdds else {
      throw .tooMuchWork(multiplyAdds: multiplyAdds, maxMultiplyAdds: limits.maxMultiplyAdds)
    }
    return Known(input: input, shapes: shapes, multiplyAdds: multiplyAdds)
  }

  /// Computes the output. Its bits depend neither on `threads` nor on what else is in the batch.
  /// - Parameters:
  ///   - threads: how many may work at once, at least 1.
  ///   - cancellation: looked at before every layer and every unit of a convolution's work.
  /// - Throws: `.input` as `outputShape(for:)` does, `.cancelled`.
  package func run(
    _ input: Tensor, threads: Int = 1, cancellation: Cancellation? = nil
  ) throws(ModelRunError) -> Tensor {
    let shapes: [Shape]
    do throws(ModelInputError) { shapes = try self.shapes(for: input.shape) } catch { throw .input(error) }
    let settings = RunSettings(threads: threads, cancellation: cancellation)
    var tensor = input
    var start = Moment.now
    for (index, stage) in stages.enumerated() {
      guard cancellation?.isCancelled != true else { throw .cancelled }
      try stage.run(&tensor, output: shapes[index], settings)
      let end = Moment.now
      layerTimes.add(nanoseconds: end.nanoseconds(since: start), stage: index)
      start = end
    }
    return tensor
  }

  /// Plans and runs once for one image where its size is known, so that the first requests find all filters packed and
  /// all tables made.
  package func warmUp(threads: Int) {
    var dimensions = input.dimensions
    if !dimensions.isEmpty { dimensions[0] = dimensions[0] ?? 1 }
    let known = dimensions.compactMap(\.self)
    guard known.count == dimensions.count, let shape = try? Shape(known, limits: limits.tensor) else { return }
    // What a run could throw, requests will be told.
    _ = try? run(Tensor.filled(shape: shape) { $0.update(repeating: 0) }, threads: threads)
    layerTimes.reset()
  }

  /// Bytes of weights as given and as packed so far, and of the plans' tables.
  package var byteCount: Int { stages.reduce(0) { sum($0, $1.byteCount) } }
}
