import Glibc
import UpconvModels
import UpconvTensor

/// A `model.json`, by the way that a server takes it: from a folder, without weights, which are initialised then. The
/// same document gives the same model, to the bit, or the same sentence; and a model computes what it says it does.
func fuzzModel(_ input: [UInt8]) {
  ModelPlace.shared.write(input)
  let (one, other) = (outcome(), outcome())
  switch (one, other) {
  case (.success(let one), .success(let other)):
    expectEqual(one.layers.count, other.layers.count, "layers")
    run(one, other)
  case (.failure(let one), .failure(let other)):
    expectEqual("\(one)", "\(other)", "errors")
  default:
    fatalError("the second reading differs: \(one), \(other)")
  }
}

private let limits = ModelLimits(
  tensor: TensorLimits(maxElements: 1 << 14, maxRank: 8), maxMultiplyAdds: 1 << 20, maxModelBytes: 1 << 16)

private func outcome() -> Result<Model, ModelError> {
  do throws(ModelError) {
    return .success(try Model(directory: ModelPlace.shared.path, limits: limits))
  } catch {
    return .failure(error)
  }
}

private func run(_ one: Model, _ other: Model) {
  guard let shape = try? Shape(one.input.dimensions.map { $0 ?? 2 }, limits: limits.tensor) else { return }
  let expected: Shape
  do throws(ModelInputError) { expected = try one.outputShape(for: shape) } catch {
    _ = "\(error)"
    return
  }
  let elements = (0..<shape.elementCount).map { Float($0 % 7) / 4 - 0.5 }
  func output(_ model: Model) -> [UInt32] {
    do throws(ModelRunError) {
      let input = Tensor.filled(shape: shape) { _ = $0.update(fromContentsOf: elements) }
      let output = try model.run(input)
      expectEqual(output.shape, expected, "shapes")
      return output.elements.map(\.bitPattern)
    } catch {
      fatalError("a model that took the shape \(shape) failed: \(error)")
    }
  }
  expectEqual(output(one), output(other), "outputs")
}

/// The folder of a model, where TMPDIR says: `scripts/fuzz` takes one in memory, and clears it away.
private struct ModelPlace {
  static let shared = ModelPlace()
  let path: String

  private init() {
    let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array((parent + "/upconv-fuzz-XXXXXX").utf8CString)
    guard mkdtemp(&template) != nil else { fatalError("no folder can be made in \(parent)") }
    path = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
  }

  func write(_ content: [UInt8]) {
    let descriptor = open(path + "/model.json", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0, Glibc.write(descriptor, content, content.count) == content.count else {
      fatalError("model.json cannot be written")
    }
    close(descriptor)
  }
}
