/// A float32 tensor, row-major and immutable. Copies share the storage.
package struct Tensor: Sendable {
  package let shape: Shape
  private(set) var storage: TensorStorage

  /// - Parameter storage: at least as long as `shape` asks for; builders may have taken more.
  init(shape: Shape, storage: TensorStorage) {
    self.shape = shape
    self.storage = storage
  }

  /// A tensor with these elements, for callers whose data are trusted; nil if the counts disagree.
  package init?(dimensions: [Int], elements: [Float]) {
    guard let shape = try? Shape(dimensions, limits: TensorLimits(maxElements: .max, maxRank: .max)),
      shape.elementCount == elements.count
    else { return nil }
    let storage = TensorStorage(elementCount: elements.count)
    _ = storage.elements.update(fromContentsOf: elements)
    self.init(shape: shape, storage: storage)
  }

  /// Lends the elements for the time of the call, aligned to 64 bytes.
  package func withElements<Result>(_ body: (UnsafeBufferPointer<Float>) throws -> Result) rethrows -> Result {
    try withExtendedLifetime(storage) {
      try body(UnsafeBufferPointer(rebasing: storage.elements[..<shape.elementCount]))
    }
  }

  /// Lends the elements to be changed. They are copied before where another tensor shares them.
  package mutating func withMutableElements(_ body: (UnsafeMutableBufferPointer<Float>) -> Void) {
    if !isKnownUniquelyReferenced(&storage) {
      let own = TensorStorage(elementCount: shape.elementCount)
      if let start = storage.elements.baseAddress {
        own.elements.baseAddress?.update(from: start, count: shape.elementCount)
      }
      storage = own
    }
    body(UnsafeMutableBufferPointer(rebasing: storage.elements[..<shape.elementCount]))
  }

  /// Lends the elements as bytes in memory order, which is little-endian on every machine this builds for.
  package func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    try withElements { try body(UnsafeRawBufferPointer($0)) }
  }

  /// Bytes of memory that the tensor holds: those of its elements, and what a builder took beyond them.
  package var byteCount: Int { storage.byteCount }

  /// The same elements under another shape of the same size; nil if the sizes differ.
  package func reshaped(to shape: Shape) -> Tensor? {
    shape.elementCount == self.shape.elementCount ? Tensor(shape: shape, storage: storage) : nil
  }

  /// The elements copied into an array. O(count); for tests and small tools.
  package var elements: [Float] { withElements(Array.init) }
}

extension Tensor {
  /// Makes a tensor by handing its memory, not initialised, to `fill`, which must write every element.
  package static func filled(shape: Shape, by fill: (UnsafeMutableBufferPointer<Float>) -> Void) -> Tensor {
    let storage = TensorStorage(elementCount: shape.elementCount)
    fill(storage.elements)
    return Tensor(shape: shape, storage: storage)
  }
}
