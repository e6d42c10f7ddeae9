/// A file beside `model.json` that looks like weights, but is not `weights.safetensors`.
///
/// A model without weights is initialised, which is right for one that `upconv init` wrote. Beside another program's
/// weights it would serve noise in place of a trained model.
package struct OtherWeights: Sendable, Equatable {
  /// Relative to the version's folder.
  let file: String
  private let format: Format

  /// The programs that write a kind of file, as far as the way to convert it differs.
  private enum Format {
    case safetensors, keras, torch, tensorFlow, other
  }

  /// Returns nil for a name that weights do not have.
  /// - Parameters:
  ///   - name: the last part of `file`.
  init?(file: String, name: String) {
    let parts = name.lowercased().split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard let last = parts.last, !OtherWeights.textEndings.contains(last) else { return nil }
    // Not only the last: weights.safetensors.part, model.ckpt.data-00000-of-00001. The last that is known counts.
    let endings = parts.dropFirst()
    if name == "checkpoint" || endings.contains(where: { $0.hasPrefix("data-") }) {
      format = .tensorFlow
    } else if let format = endings.reversed().lazy.compactMap({ OtherWeights.formats[$0] }).first {
      self.format = format
    } else {
      return nil
    }
    self.file = file
  }

  private static let textEndings: Set = [
    "json", "txt", "md", "py", "yaml", "yml", "toml", "cfg", "csv", "log", "sh", "sha256", "md5", "png", "jpg", "html",
  ]

  private static let formats: [String: Format] = [
    "safetensors": .safetensors, "h5": .keras, "hdf5": .keras, "hdf": .keras, "keras": .keras, "pt": .torch,
    "pth": .torch, "bin": .torch, "ckpt": .torch, "pkl": .other, "pickle": .other, "npz": .other, "npy": .other,
    "onnx": .other, "tflite": .other, "pb": .tensorFlow, "msgpack": .other, "gguf": .other, "weights": .other,
    "params": .other, "pdparams": .other, "pdiparams": .other, "mlmodel": .other, "t7": .other, "mat": .other,
  ]

  /// The way to a file that is read.
  var remedy: String {
    switch format {
    case .safetensors:
      "rename it if its tensors are called LAYER/kernel, LAYER/bias and so on, else export the model "
        + "(docs/exporting.md)"
    case .keras: "export the model with upconv-export keras"
    case .torch: "export the model with upconv-export torch MODULE:NAME --weights FILE"
    case .tensorFlow: "export the model with upconv-export savedmodel"
    case .other: "export the model from the framework that wrote it (docs/exporting.md)"
    }
  }
}
