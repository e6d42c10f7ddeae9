import UpconvHTTP

/// The resources of the service.
enum Endpoint {
  case conv2dTranspose
  case live, ready, openAPI, openAPIJSON, metrics
  /// The page for people.
  case page
  /// What the server is and can do (Open Inference Protocol).
  case serverMetadata
  case model(String, version: Int?, ModelResource)
  /// The names of all models (KServe's).
  case modelNames
  /// The statistics of all models.
  case statistics
  case repositoryIndex
  case repositoryModel(String, RepositoryAction)
  /// TensorFlow Serving's.
  case prediction(String, version: Int?, PredictionResource)

  enum ModelResource: String {
    case metadata = ""
    case ready, config, stats, infer
  }

  enum RepositoryAction: String { case load, unload }

  enum PredictionResource { case status, metadata, predict }

  /// Nil if there is nothing.
  init?(_ path: ResourcePath) {
    if let name = Endpoint.inferenceModel(path.path) {
      self = .model(name, version: nil, .infer)
      return
    }
    guard let endpoint = Endpoint(fixed: path.path) ?? Endpoint(segments: path.segments[...]) else { return nil }
    self = endpoint
  }

  /// The name in `/v2/models/NAME/infer`, where nothing in it is encoded: what is asked for most, found without taking
  /// the path apart.
  private static func inferenceModel(_ path: String) -> String? {
    let name = path.utf8.withContiguousStorageIfAvailable { octets -> String? in
      let octets = UnsafeRawBufferPointer(octets)
      let (start, end): (StaticString, StaticString) = ("/v2/models/", "/infer")
      guard octets.count > start.utf8CodeUnitCount + end.utf8CodeUnitCount, octets.hasPrefix(start),
        octets.hasSuffix(end)
      else { return nil }
      let name = octets[start.utf8CodeUnitCount..<octets.count - end.utf8CodeUnitCount]
      guard !name.contains(where: { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "%") }) else { return nil }
      return String(decoding: name, as: UTF8.self)
    }
    return name ?? nil
  }

  /// The resources whose path has no name in it, found without taking the path apart.
  private init?(fixed path: String) {
    switch path {
    case "/v2/health/live": self = .live
    case "/v2/health/ready": self = .ready
    case "/v1/conv2d_transpose": self = .conv2dTranspose
    case "/metrics": self = .metrics
    case "/openapi.yaml": self = .openAPI
    case "/openapi.json": self = .openAPIJSON
    case "/": self = .page
    case "/v2", "/v2/": self = .serverMetadata
    case "/v2/models": self = .modelNames
    case "/v2/models/stats": self = .statistics
    default: return nil
    }
  }

  private init?(segments: ArraySlice<String>) {
    var rest = segments
    switch rest.popFirst() {
    case "v1": self.init(v1: rest)
    case "v2": self.init(v2: rest)
    default: return nil
    }
  }

  private init?(v2 segments: ArraySlice<String>) {
    var rest = segments
    switch (rest.popFirst(), rest.first, rest.count) {
    case ("models", let name?, _):
      rest.removeFirst()
      guard let version = Endpoint.version(&rest), rest.count <= 1, rest.first != "",
        let resource = ModelResource(rawValue: rest.first ?? "")
      else { return nil }
      self = .model(name, version: version.number, resource)
    case ("repository", _?, _): self.init(repository: Array(rest))
    default: return nil
    }
  }

  /// `index`, `models/NAME/load` or `models/NAME/unload`. Triton's paths may name the repository before that: there is
  /// one, whatever it is called.
  private init?(repository segments: [String]) {
    let action = segments.last.flatMap(RepositoryAction.init)
    switch (segments.count, segments.last) {
    case (1, "index"), (2, "index"): self = .repositoryIndex
    case (3, _) where segments[0] == "models", (4, _) where segments[1] == "models":
      guard let action else { return nil }
      self = .repositoryModel(segments[segments.count - 2], action)
    default: return nil
    }
  }

  private init?(v1 segments: ArraySlice<String>) {
    var rest = segments
    switch (rest.popFirst(), rest.popFirst()) {
    case ("models", let name?):
      // The verb follows the last segment: `models/gist:predict`, `models/gist/versions/1:predict`.
      if rest.isEmpty, let name = Endpoint.predicted(name) {
        self = .prediction(name, version: nil, .predict)
        return
      }
      if rest.count == 2, rest.first == "versions", let number = rest.last.flatMap(Endpoint.predicted) {
        guard let version = Endpoint.number(number) else { return nil }
        self = .prediction(name, version: version, .predict)
        return
      }
      // Another verb, such as `:classify`, is no part of a name.
      guard let version = Endpoint.version(&rest), !name.contains(":") else { return nil }
      switch rest {
      case []: self = .prediction(name, version: version.number, .status)
      case ["metadata"]: self = .prediction(name, version: version.number, .metadata)
      default: return nil
      }
    default: return nil
    }
  }

  /// What stands before `:predict`; nil if that does not end the segment.
  private static func predicted(_ segment: String) -> String? {
    segment.hasSuffix(":predict") ? String(segment.dropLast(":predict".count)) : nil
  }

  /// Takes `versions/N` off the front where it is there; nil if what stands there is no version.
  private static func version(_ rest: inout ArraySlice<String>) -> (number: Int?, Void)? {
    guard rest.first == "versions" else { return (nil, ()) }
    guard let number = rest.dropFirst().first.flatMap(number) else { return nil }
    rest.removeFirst(2)
    return (number, ())
  }

  /// Digits alone; versions begin with 1.
  private static func number(_ text: String) -> Int? {
    guard text.utf8.allSatisfy({ 0x30...0x39 ~= $0 }), let number = Int(text), number > 0 else { return nil }
    return number
  }

  var methods: [HTTPMethod] {
    switch self {
    case .conv2dTranspose, .model(_, _, .infer), .repositoryIndex, .repositoryModel, .prediction(_, _, .predict):
      [.options, .post]
    case .live, .ready, .openAPI, .openAPIJSON, .metrics, .page, .serverMetadata, .model, .modelNames, .statistics,
      .prediction:
      [.get, .head, .options]
    }
  }
}
