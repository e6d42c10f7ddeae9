import UpconvMemory

/// Collects a tensor's elements as they arrive, never more than it was allowed.
///
/// Memory grows by doubling where the count is not known beforehand; where it is, it is taken once.
package struct TensorBuilder: ~Copyable {
  /// Elements so far.
  package private(set) var count = 0
  /// Bytes that the elements so far take of memory. Large memory is given page by page as they come; small memory is
  /// taken whole, with the objects around it.
  package var heldBytes: Int {
    let (bytes, page) = (count * MemoryLayout<Float>.stride, MemoryPool.hugePageBytes)
    if let ownBytes = storage.ownBytes { return ownBytes + TensorBuilder.objectBytes }
    guard storage.byteCount >= page else { return bytes }
    return min(storage.byteCount, (bytes + page - 1) / page * page)
  }
  /// Elements that may be appended in all.
  package let maxElements: Int
  private var storage: TensorStorage

  /// - Parameters:
  ///   - expectedElements: how many will come, where that is known; memory is taken for that many at once.
  ///   - maxElements: how many may come.
  package init(expectedElements: Int? = nil, maxElements: Int) {
    self.maxElements = maxElements
    let elementCount = min(expectedElements ?? 256, maxElements)
    storage = elementCount > 0 ? TensorStorage(elementCount: elementCount) : .none
  }

  /// - Throws: `.tooManyElements` past `maxElements`.
  @inline(__always)
  package mutating func append(_ element: Float) throws(TensorBuilderError) {
    if count == storage.elements.count { try grow(toHold: count + 1) }
    storage.elements[count] = element
    count += 1
  }

  /// Lets `write` fill room for `elementCount` further elements.
  /// - Throws: `.tooManyElements` past `maxElements`.
  package mutating func append(
    elementCount: Int, by write: (UnsafeMutableBufferPointer<Float>) -> Void
  ) throws(TensorBuilderError) {
    if elementCount > storage.elements.count - count { try grow(toHold: count + elementCount) }
    write(UnsafeMutableBufferPointer(rebasing: storage.elements[count..<count + elementCount]))
    count += elementCount
  }

  /// Lets `write` fill some of the room that there is without growing, perhaps none; it answers how many elements it
  /// has written.
  @inline(__always)
  package mutating func fillRoom(by write: (UnsafeMutableBufferPointer<Float>) -> Int) {
    count += write(UnsafeMutableBufferPointer(rebasing: storage.elements[count...]))
  }

  /// Ends the collection.
  /// - Throws: `.countMismatch` where the shape asks for another number of elements.
  package consuming func finish(shape: Shape) throws(TensorBuilderError) -> Tensor {
    guard shape.elementCount == count else {
      throw .countMismatch(shape: shape.dimensions, expected: shape.elementCount, found: count)
    }
    return Tensor(shape: shape, storage: storage)
  }

  /// The storage's object, the array of the shape, and what the allocator adds to both and to the elements.
  private static let objectBytes = 192
  /// Memory is taken for so many at least.
  private static let fewestElements = 128

  private mutating func grow(toHold needed: Int) throws(TensorBuilderError) {
    guard needed <= maxElements else { throw .tooManyElements(maxElements: maxElements) }
    let wanted = max(needed, storage.elements.count * 2, TensorBuilder.fewestElements)
    let larger = TensorStorage(elementCount: min(wanted, maxElements))
    larger.elements.baseAddress!.update(from: storage.elements.baseAddress!, count: count)
    storage = larger
  }
}

/// Why elements and shape do not make a tensor.
package enum TensorBuilderError: Error, Equatable, CustomStringConvertible {
  case tooManyElements(maxElements: Int)
  case countMismatch(shape: [Int], expected: Int, found: Int)

  package var description: String {
    switch self {
    case .tooManyElements(let maxElements):
      "a tensor has at most \(maxElements) elements"
    case .countMismatch(let shape, let expected, let found):
      "the shape \(Shape.text(shape)) asks for \(expected) elements, the data have \(found)"
    }
  }
}
