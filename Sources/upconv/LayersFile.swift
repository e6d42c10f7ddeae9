import ArgumentParser
import FoundationEssentials
import UpconvBench

/// The layers that `upconv bench kernel --layers` is given.
enum LayersFile {
  private static let form = "a JSON array of {name, batch, height, width, in_channels, out_channels, kernel, stride}"
  /// Far beyond any layer, and no product of sizes overflows before it is checked.
  private static let accepted = 1...65_536

  /// - Throws: `ValidationError`, whose sentence names the file, the layer and the rule.
  static func layers(at path: String) throws -> [BenchmarkLayer] {
    let content: Data
    do { content = try Data(contentsOf: URL(filePath: path)) } catch {
      throw ValidationError("--layers: cannot read \(path).")
    }
    let layers: [BenchmarkLayer]
    do {
      layers = try JSONDecoder().decode([BenchmarkLayer].self, from: content)
    } catch DecodingError.keyNotFound(let key, let context) {
      throw ValidationError("--layers: in \(path), \(place(context))has no \(key.stringValue); it must be \(form).")
    } catch DecodingError.typeMismatch(_, let context) {
      throw ValidationError("--layers: in \(path), \(place(context))is of another type; it must be \(form).")
    } catch {
      throw ValidationError("--layers: \(path) is not \(form).")
    }
    for layer in layers {
      let sizes = [
        ("batch", layer.batch), ("height", layer.height), ("width", layer.width), ("in_channels", layer.inputChannels),
        ("out_channels", layer.outputChannels), ("kernel", layer.kernel), ("stride", layer.stride),
      ]
      for (name, size) in sizes where !accepted.contains(size) {
        throw ValidationError(
          "--layers: \(layer.name) has the \(name) \(size), but it must be from 1 to \(accepted.upperBound).")
      }
    }
    return layers
  }

  private static func place(_ context: DecodingError.Context) -> String {
    let path = context.codingPath.map { key in key.intValue.map { "layer \($0)" } ?? key.stringValue }
    return path.isEmpty ? "the whole " : path.joined(separator: ", ") + " "
  }
}
