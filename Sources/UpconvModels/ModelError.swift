package import UpconvConvolution
package import UpconvFormats
package import UpconvJSON
import UpconvTensor

/// Why a folder holds no model that can be served.
package enum ModelError: Error, Equatable {
  // Files.

  case missingFile(String)
  case unreadable(file: String, reason: String)
  /// A folder, a pipe, a device.
  case notAFile(String)
  /// The link's end is outside of the folder that holds the models.
  case linkLeavesFolder(file: String)
  case fileTooLarge(file: String, bytes: Int, maxBytes: Int)
  case json(JSONError)
  case safetensors(SafetensorsError)

  // What model.json says.

  /// A member that every model has is missing, or of another kind.
  case malformed(place: String, expected: String)
  case unsupportedModel(className: String)
  /// Before Keras 2 layers had other names and options.
  case tooOldKeras(String)
  /// Several inputs or outputs, or a layer that does not read the one before it.
  case notAChain(layer: String?, reason: String)
  case duplicateLayer(String)
  case noLayers
  case noInputShape(layer: String)
  case unknownLayer(layer: String, className: String, known: [String])
  case missingKey(layer: String, key: String)
  case unknownKey(layer: String, key: String, value: String)
  case wrongValue(layer: String, key: String, value: String, rule: String)
  case unknownInitializer(layer: String, key: String, value: String, rule: String)
  /// The layer cannot follow the one before it.
  case wrongInput(layer: String, input: [Int?], rule: String)
  case geometry(layer: String, GeometryError)
  case tooLong(layer: String, output: [Int?], maxLength: Int)

  // Weights.

  case otherWeights(OtherWeights)
  case missingWeight(String, shape: [Int])
  case extraWeights([String])
  case misshapenWeight(String, shape: [Int], expected: [Int])
  case wrongElementType(String, type: String)
  /// `index` counts the tensor's elements in memory order.
  case nonFiniteWeight(String, index: Int, value: String)
  case negativeVariance(String, index: Int, value: String)
  case tooManyWeights(bytes: Int, maxBytes: Int)
}

extension ModelError: CustomStringConvertible {
  /// A sentence that names the layer or file, the value and the rule.
  package var description: String {
    switch self {
    case .missingFile(let file):
      return "there is no \(file)"
    case .unreadable(let file, let reason):
      return "\(file) cannot be read: \(reason)"
    case .notAFile(let file):
      return "\(file) is not a regular file"
    case .linkLeavesFolder(let file):
      return "\(file) is a link out of the folder that holds the models: such links are not followed"
    case .fileTooLarge(let file, let bytes, let maxBytes):
      return "\(file) has \(bytes) bytes: at most \(maxBytes) are allowed"
    case .json(let error):
      return "model.json is malformed: \(error)"
    case .safetensors(let error):
      return "weights.safetensors: \(error)"
    case .malformed(let place, let expected):
      return "in model.json, \(place) must be \(expected)"
    case .unsupportedModel(let className):
      return "model.json describes a \(quoted(className)): Sequential models are supported, and Functional ones"
        + " that are a chain of layers"
    case .tooOldKeras(let version):
      return "model.json was written by Keras \(quoted(version)), whose layers have other names and options: load the "
        + "model with Keras 2.0 or later, and write it again"
    case .notAChain(let layer, let reason):
      return (layer.map { "the layer \(quoted($0)) " } ?? "the model ") + reason
        + ": only chains of layers are supported, with one input and one output"
    case .duplicateLayer(let layer):
      return "two layers have the name \(quoted(layer)): names must differ, since weights are found by them"
    case .noLayers:
      return "the model has no layers"
    case .noInputShape(let layer):
      return "the input's shape is not known: build the Keras model before to_json(), or begin with an InputLayer; the "
        + "first layer is \(quoted(layer))"
    case .unknownLayer(let layer, let className, let known):
      return "the layer \(quoted(layer)) is a \(quoted(className)), which is not supported: there are "
        + known.joined(separator: ", ")
    case .missingKey(let layer, let key):
      return "the layer \(quoted(layer)) lacks the key \(quoted(key))"
    case .unknownKey(let layer, let key, let value):
      return "the layer \(quoted(layer)) has the key \(quoted(key)) with the value \(value), which is not supported"
    case .wrongValue(let layer, let key, let value, let rule):
      return "in the layer \(quoted(layer)), \(quoted(key)) is \(value), but \(rule)"
    case .unknownInitializer(let layer, let key, let value, let rule):
      return "in the layer \(quoted(layer)), there are no weights, and its \(quoted(key)) is \(value), but \(rule)"
    case .wrongInput(let layer, let input, let rule):
      return "the layer \(quoted(layer)) would get the shape \(text(ofDimensions: input)), but \(rule)"
    case .geometry(let layer, let error):
      return "in the layer \(quoted(layer)): \(error)"
    case .tooLong(let layer, let output, let maxLength):
      return "the layer \(quoted(layer)) would give the shape \(text(ofDimensions: output)): lengths are at most"
        + " \(maxLength)"
    case .otherWeights(let other):
      return "there is no \(WeightsOrigin.fileName), but \(quoted(other.file)), which is not read: \(other.remedy); or "
        + "move it away to have the weights initialised"
    case .missingWeight(let name, let shape):
      return "weights.safetensors has no tensor \(quoted(name)), which must have the shape \(Shape.text(shape))"
    case .extraWeights(let names):
      return "weights.safetensors has tensors that no layer has: "
        + names.prefix(5).map(quoted).joined(separator: ", ") + (names.count > 5 ? ", ..." : "")
    case .misshapenWeight(let name, let shape, let expected):
      return "the tensor \(quoted(name)) has the shape \(Shape.text(shape)), but the layer needs "
        + Shape.text(expected)
    case .wrongElementType(let name, let type):
      return "the tensor \(quoted(name)) holds \(type), but weights are F32, F16, BF16 or F64"
    case .nonFiniteWeight(let name, let index, let value):
      return "the tensor \(quoted(name)) has the value \(value) at element \(index): weights must be finite"
    case .negativeVariance(let name, let index, let value):
      return "the tensor \(quoted(name)) has the value \(value) at element \(index): with epsilon added, a variance"
        + " must be above 0"
    case .tooManyWeights(let bytes, let maxBytes):
      return "the model has \(bytes) bytes of weights: at most \(maxBytes) are allowed"
    }
  }
}
