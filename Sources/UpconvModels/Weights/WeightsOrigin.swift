/// Where the weights of a model come from: its file, or initialisers.
package struct WeightsOrigin: Sendable, Equatable {
  /// The one file of weights that is read.
  static let fileName = "weights.safetensors"

  /// Layers whose weights the file has.
  private(set) var readLayers: [String] = []
  /// Layers whose weights were initialised.
  package private(set) var initializedLayers: [String] = []
  /// Seeds of the initialised weights, each once; empty if none of them is random.
  package private(set) var seeds: [Int64] = []

  mutating func add(layer: String, isFromFile: Bool, seeds: [UInt64]) {
    guard !isFromFile else {
      readLayers.append(layer)
      return
    }
    initializedLayers.append(layer)
    for seed in seeds.map(Int64.init(bitPattern:)) where !self.seeds.contains(seed) { self.seeds.append(seed) }
  }
}

extension WeightsOrigin: CustomStringConvertible {
  /// `weights.safetensors`, `initialised from seed 7`, both if the file lacks layers, or `none`.
  package var description: String {
    guard !initializedLayers.isEmpty else { return readLayers.isEmpty ? "none" : WeightsOrigin.fileName }
    let source =
      switch seeds.count {
      case 0: "initialised with constants"
      case 1: "initialised from seed \(seeds[0])"
      default: "initialised from seeds \(WeightsOrigin.list(seeds.map(String.init)))"
      }
    guard !readLayers.isEmpty else { return source }
    return "\(WeightsOrigin.fileName); \(WeightsOrigin.list(initializedLayers)) \(source)"
  }

  private static func list(_ words: [String]) -> String {
    words.prefix(5).joined(separator: ", ") + (words.count > 5 ? ", ..." : "")
  }
}
