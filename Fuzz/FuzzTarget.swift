/// What can be fuzzed, under the name that its corpus in `Corpora`, its dictionary in `Dictionaries` and `scripts/fuzz`
/// give it.
///
/// One more takes four things: a case here, a file in `Targets`, seeds from `make-seeds`, and a row in
/// `docs/reliability.md`.
enum FuzzTarget: String, CaseIterable {
  case request
  case json
  case gzip
  case safetensors
  case npy
  case npz
  case http2
  case model

  /// Reads the input in every way there is, and ends the process where two of them disagree.
  func run(_ input: [UInt8]) {
    switch self {
    case .request: fuzzRequestParser(input)
    case .json: fuzzJSONReader(input)
    case .gzip: fuzzInflater(input)
    case .safetensors: fuzzSafetensorsReader(input)
    case .npy: fuzzNpyReader(input)
    case .npz: fuzzNpzReader(input)
    case .http2: fuzzHTTP2Session(input)
    case .model: fuzzModel(input)
    }
  }
}

/// Ends the process, so that the input is kept, where two ways to read it disagree.
func expectEqual<Value: Equatable>(_ one: Value, _ other: Value, _ what: @autoclosure () -> String) {
  guard one == other else { fatalError("\(what()): \(one) and \(other)") }
}
