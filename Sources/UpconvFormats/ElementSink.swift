package import UpconvTensor

/// Gathers the elements of one tensor from the bytes of its data: exactly as many as its shape asks for.
package struct ElementSink: ~Copyable {
  /// Of the tensor to come.
  package let shape: Shape
  /// Bytes that must still come.
  package private(set) var remainingBytes: Int
  /// Bytes of memory that hold what has come.
  package var heldBytes: Int { builder.heldBytes }
  private var decoder: ElementDecoder
  private var builder: TensorBuilder

  /// Takes memory for the whole tensor, 4 bytes an element. The system gives it page by page as data come, so
  /// a header that promises much and sends nothing costs nothing.
  /// - Parameter byteCount: what `byteCount(of:as:)` answers for this shape and type.
  package init(shape: Shape, type: ElementType, byteOrder: ByteOrder, byteCount: Int) {
    self.shape = shape
    remainingBytes = byteCount
    decoder = ElementDecoder(type: type, byteOrder: byteOrder)
    builder = TensorBuilder(expectedElements: shape.elementCount, maxElements: shape.elementCount)
  }

  /// Bytes of the data of a tensor.
  /// - Throws: `.tooManyElements` where they are more than can be counted.
  package static func byteCount(of shape: Shape, as type: ElementType) throws(ShapeError) -> Int {
    let (byteCount, overflow) = shape.elementCount.multipliedReportingOverflow(by: type.byteCount)
    guard !overflow else { throw .tooManyElements(shape.dimensions, maxElements: .max / type.byteCount) }
    return byteCount
  }

  /// Takes from the front of `bytes` what belongs to this tensor. O(bytes taken).
  /// - Throws: nothing in fact, since no more bytes are taken than the builder has room for.
  package mutating func take(_ bytes: inout UnsafeRawBufferPointer) throws(TensorBuilderError) {
    let mine = UnsafeRawBufferPointer(rebasing: bytes.prefix(remainingBytes))
    try decoder.decode(mine, into: &builder)
    remainingBytes -= mine.count
    bytes = UnsafeRawBufferPointer(rebasing: bytes.dropFirst(mine.count))
  }

  /// Lends the memory where the next bytes of this tensor belong; `write` answers how many it has written.
  /// - Returns: what `write` answered, or nil if the bytes have to be converted.
  package mutating func fill(atMost byteCount: Int, by write: (UnsafeMutableRawBufferPointer) -> Int) -> Int? {
    guard let written = decoder.fill(&builder, atMost: min(byteCount, remainingBytes), by: write) else { return nil }
    remainingBytes -= written
    return written
  }

  /// The tensor, once `remainingBytes` is 0.
  /// - Throws: `.countMismatch` before that.
  package consuming func finish() throws(TensorBuilderError) -> Tensor { try builder.finish(shape: shape) }
}
