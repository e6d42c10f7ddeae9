import UpconvConvolution
import UpconvJSON

/// The `config` of one layer, read key by key; keys that nobody asked for are refused in the end, so that no option
/// is silently ignored.
struct LayerConfiguration {
  let layer: String
  let className: String
  /// Whether Keras 2 wrote it: a few defaults differ.
  let isKeras2: Bool
  private let members: [JSONValue.Member]
  private var keysRead: Set<String> = []

  init(layer: String, className: String, isKeras2: Bool, members: [JSONValue.Member]) {
    self.layer = layer
    self.className = className
    self.isKeras2 = isKeras2
    self.members = members
  }

  /// The value of a key; nil if it is absent or null.
  mutating func value(_ key: String) -> JSONValue? {
    keysRead.insert(key)
    return members.first { $0.name == key }.flatMap { $0.value.isNull ? nil : $0.value }
  }

  func wrong(_ key: String, _ value: JSONValue, _ rule: String) -> ModelError {
    .wrongValue(layer: layer, key: key, value: value.excerpt, rule: rule)
  }

  /// A whole number; `standard` where the key is absent.
  mutating func integer(
    _ key: String, in accepted: ClosedRange<Int>, default standard: Int? = nil
  ) throws(ModelError) -> Int {
    guard let value = value(key) else {
      guard let standard else { throw .missingKey(layer: layer, key: key) }
      return standard
    }
    guard let integer = value.integer, accepted.contains(integer) else {
      throw wrong(key, value, "must be a whole number from \(accepted.lowerBound) to \(accepted.upperBound)")
    }
    return integer
  }

  /// One whole number for both axes of an image, or two; nil if the key is absent.
  mutating func optionalPair(_ key: String, in accepted: ClosedRange<Int>) throws(ModelError) -> Spatial? {
    guard let value = value(key) else { return nil }
    let numbers = (value.array ?? [value]).map { $0.integer ?? -1 }
    guard (1...2).contains(numbers.count), numbers.allSatisfy(accepted.contains), let first = numbers.first,
      let last = numbers.last
    else {
      throw wrong(key, value, "must be one or two whole numbers from \(accepted.lowerBound) to \(accepted.upperBound)")
    }
    return Spatial(height: first, width: last)
  }

  /// One whole number for both axes of an image, or two.
  mutating func pair(
    _ key: String, in accepted: ClosedRange<Int>, default standard: Int? = nil
  ) throws(ModelError) -> Spatial {
    if let pair = try optionalPair(key, in: accepted) { return pair }
    guard let standard else { throw .missingKey(layer: layer, key: key) }
    return Spatial(height: standard, width: standard)
  }

  mutating func flag(_ key: String, default standard: Bool) throws(ModelError) -> Bool {
    guard let value = value(key) else { return standard }
    guard case .bool(let flag) = value else { throw wrong(key, value, "must be true or false") }
    return flag
  }

  /// A number that float32 holds; nil if the key is absent.
  mutating func optionalNumber(_ key: String) throws(ModelError) -> Float? {
    guard let value = value(key) else { return nil }
    guard case .number(let number) = value, Float(number.double).isFinite else {
      throw wrong(key, value, "must be a number")
    }
    return Float(number.double)
  }

  /// One of a few words, in any case of letters, as Keras takes them.
  mutating func choice<Choice>(
    _ key: String, _ choices: [(name: String, value: Choice)], default standard: Choice
  ) throws(ModelError) -> Choice {
    guard let value = value(key) else { return standard }
    guard let name = value.string?.lowercased(), let choice = choices.first(where: { $0.name == name }) else {
      throw wrong(key, value, "must be one of " + choices.map(\.name).joined(separator: ", "))
    }
    return choice.value
  }

  /// `data_format`: `channels_last` unless it says otherwise.
  mutating func layout() throws(ModelError) -> Layout {
    try choice("data_format", [Layout.nhwc, .nchw].map { ($0.kerasName, $0) }, default: .nhwc)
  }

  /// What every layer may have and inference does not need: training's options, names, and sizes that are worked out
  /// here anyway.
  private static let withoutEffect: Set<String> = [
    "name", "trainable", "batch_input_shape", "batch_shape", "kernel_regularizer", "bias_regularizer",
    "activity_regularizer", "kernel_constraint", "bias_constraint", "beta_regularizer", "gamma_regularizer",
    "beta_constraint", "gamma_constraint", "kernel_initializer", "bias_initializer",
    "alpha_initializer", "alpha_regularizer", "alpha_constraint",
  ]

  /// Options that some versions of Keras write for every layer, each with the one value that changes nothing. Layers for
  /// which an option means something read it themselves.
  private static let neutral = ["groups": "1", "dynamic": "false", "sparse": "false", "ragged": "false"]

  /// The members that say what the layer computes, as the document has them.
  var computingMembers: [JSONValue.Member] {
    members.filter { $0.name != "dtype" && !LayerConfiguration.withoutEffect.contains($0.name) }
  }

  /// Ends the reading.
  /// - Throws: `.unknownKey` for the first key that nobody read and whose value is not null; `.wrongValue` if the value
  ///   that changes nothing is known, and this is another.
  mutating func finish() throws(ModelError) {
    try checkElementType()
    for member in members
    where !keysRead.contains(member.name) && !LayerConfiguration.withoutEffect.contains(member.name) {
      let value = member.value.excerpt
      if let neutral = LayerConfiguration.neutral[member.name] {
        guard member.value.isNull || value == neutral else {
          throw wrong(member.name, member.value, "must be \(neutral)")
        }
      } else if !member.value.isNull {
        throw .unknownKey(layer: layer, key: member.name, value: value)
      }
    }
  }

  /// `dtype`: a name, or a policy that has one. All floating-point policies are computed in float32; quantized ones
  /// have other weights.
  private mutating func checkElementType() throws(ModelError) {
    guard let value = value("dtype") else { return }
    let name = value.string ?? value["config"]?["name"]?.string ?? ""
    let names = ["float32", "float16", "bfloat16", "float64", "mixed_float16", "mixed_bfloat16"]
    guard names.contains(name) else { throw wrong("dtype", value, "must be one of " + names.joined(separator: ", ")) }
  }
}
