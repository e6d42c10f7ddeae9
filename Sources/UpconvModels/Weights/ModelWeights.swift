import UpconvFormats
import UpconvTensor

/// The weights of all layers of a model: from the file where there is one, else initialised.
///
/// A file must have every weight of every layer, and nothing else, with one exception: a layer of which it has none
/// and whose `kernel_initializer` names a seed is initialised. So a trained model with a weight forgotten is refused.
struct ModelWeights {
  private var tensors: [String: Tensor] = [:]
  /// Where the weights of the layers come from that were asked for so far.
  private(set) var origin = WeightsOrigin()
  private let seed: UInt64
  private let limits: ModelLimits

  /// What a layer needs, by its name.
  struct Need {
    let layer: String
    let declarations: [WeightDeclaration]

    func name(_ declaration: WeightDeclaration) -> String { "\(layer)/\(declaration.variable)" }
  }

  /// - Throws: the `ModelError`s that concern weights and their file.
  init(_ folder: ModelFolder, needs: [Need], seed: UInt64, limits: ModelLimits) throws(ModelError) {
    self.seed = seed
    self.limits = limits
    try ModelWeights.checkSize(needs, limits)
    // Float64 takes twice the bytes of what it becomes; before it comes the header.
    let maxBytes = sum(product([limits.maxModelBytes], 2), 2 << 20)
    guard let file = try folder.open(WeightsOrigin.fileName, maxBytes: maxBytes) else {
      if needs.contains(where: { !$0.declarations.isEmpty }), let other = folder.otherWeights {
        throw .otherWeights(other)
      }
      return
    }
    try read(file, needs)
  }

  private static func checkSize(_ needs: [Need], _ limits: ModelLimits) throws(ModelError) {
    var bytes = 0
    for need in needs {
      for declaration in need.declarations {
        bytes = sum(bytes, product(declaration.shape, MemoryLayout<Float>.stride))
      }
    }
    guard bytes <= limits.maxModelBytes else {
      throw .tooManyWeights(bytes: bytes, maxBytes: limits.maxModelBytes)
    }
  }

  private mutating func read(_ file: borrowing ModelFile, _ needs: [Need]) throws(ModelError) {
    var formats = FormatLimits()
    formats.tensor = TensorLimits(maxElements: max(1, limits.maxModelBytes / MemoryLayout<Float>.stride))
    var reader = SafetensorsReader(limits: formats)
    let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 64)
    defer { piece.deallocate() }
    var isChecked = false
    while true {
      let count = try file.read(into: isChecked ? piece : UnsafeMutableRawBufferPointer(rebasing: piece[..<4096]))
      guard count > 0 else { break }
      do throws(SafetensorsError) {
        try reader.read(UnsafeRawBufferPointer(rebasing: piece[..<count]))
      } catch { throw .safetensors(error) }
      if !isChecked, let described = reader.describedTensors {
        try check(described, needs)
        isChecked = true
      }
    }
    do throws(SafetensorsError) {
      for (name, tensor) in try reader.finish().tensors { tensors[name] = tensor }
    } catch { throw .safetensors(error) }
    guard !limits.allowsNonFiniteWeights else { return }
    for (name, tensor) in tensors {
      if let fault = tensor.firstNonFinite {
        throw .nonFiniteWeight(name, index: fault, value: "\(tensor.elements[fault])")
      }
    }
  }

  /// Compares what the header promises with what the layers need, before any data are read.
  private func check(
    _ described: [(name: String, type: ElementType, shape: Shape)], _ needs: [Need]
  ) throws(ModelError) {
    var rest = Dictionary(described.map { ($0.name, ($0.type, $0.shape)) }, uniquingKeysWith: { first, _ in first })
    for need in needs {
      let found = need.declarations.filter { rest[need.name($0)] != nil }
      if found.isEmpty, need.declarations.first?.initializer.seed != nil { continue }
      for declaration in need.declarations {
        let name = need.name(declaration)
        guard let (type, shape) = rest.removeValue(forKey: name) else {
          throw .missingWeight(name, shape: declaration.shape)
        }
        guard [.float32, .float16, .bfloat16, .float64].contains(type) else {
          throw .wrongElementType(name, type: "\(type)")
        }
        guard shape.dimensions == declaration.shape else {
          throw .misshapenWeight(name, shape: shape.dimensions, expected: declaration.shape)
        }
      }
    }
    guard rest.isEmpty else { throw .extraWeights(rest.keys.sorted()) }
  }

  /// A layer's weights, initialised where the file has none of them.
  /// - Throws: `.unknownInitializer`.
  mutating func weights(of need: Need) throws(ModelError) -> LayerWeights {
    var found: [String: Tensor] = [:]
    var seeds: [UInt64] = []
    for declaration in need.declarations {
      let name = need.name(declaration)
      if let tensor = tensors[name] {
        found[declaration.variable] = tensor
      } else {
        let shape = try ModelWeights.shape(declaration, name, limits)
        found[declaration.variable] = try declaration.initializer.tensor(shape, seed: seed ^ ModelWeights.hash(name))
        if let seed = declaration.initializer.drawnSeed(default: seed) { seeds.append(seed) }
      }
    }
    // All weights of a layer come from the same place.
    if let first = need.declarations.first {
      origin.add(layer: need.layer, isFromFile: tensors[need.name(first)] != nil, seeds: seeds)
    }
    return LayerWeights(found)
  }

  private static func shape(
    _ declaration: WeightDeclaration, _ name: String, _ limits: ModelLimits
  ) throws(ModelError) -> Shape {
    do throws(ShapeError) {
      return try Shape(declaration.shape, limits: TensorLimits(maxElements: limits.maxModelBytes))
    } catch { throw .tooManyWeights(bytes: .max, maxBytes: limits.maxModelBytes) }
  }

  /// FNV-1a (Fowler, Noll, Vo), 64 bits: sets the layers' numbers apart where they share the model's seed.
  private static func hash(_ name: String) -> UInt64 {
    name.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
  }
}

extension Tensor {
  /// The first element that is NaN or infinite.
  var firstNonFinite: Int? { withElements { $0.firstIndex { !$0.isFinite } } }
}
