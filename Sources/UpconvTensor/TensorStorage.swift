import UpconvMemory

/// Owns the memory of one tensor: 64-byte aligned, so that a vector load never straddles a cache line.
// SAFETY: `elements` is written only through the one TensorBuilder (which cannot be copied and is consumed when it
// makes the Tensor) or the one Tensor.filled(shape:by:) call that made this object, before any Tensor refers to it.
// From then on it is only read, so any number of threads may share it. The last reference frees it.
final class TensorStorage: @unchecked Sendable {
  let elements: UnsafeMutableBufferPointer<Float>
  /// Where large tensors live; nil for a small one.
  private let pooled: PooledMemory?
  /// The memory of a small one, which is this object's own.
  private let own: UnsafeMutableRawPointer?

  /// Room for no element, shared by all who begin without any: nothing is ever written there.
  static let none = TensorStorage(elementCount: 0)

  init(elementCount: Int) {
    let count = max(elementCount, 1)
    let bytes: UnsafeMutableRawPointer
    if count < TensorStorage.leastPooledElements {
      pooled = nil
      // Aligned here: the C library's own way takes as long as a tiny layer does, and scatters small pieces.
      let spare = TensorStorage.alignment - TensorStorage.leastAlignment
      let memory = UnsafeMutableRawPointer.allocate(
        byteCount: count * MemoryLayout<Float>.stride + spare, alignment: TensorStorage.leastAlignment)
      own = memory
      bytes = memory.alignedUp(toMultipleOf: TensorStorage.alignment)
    } else {
      own = nil
      let memory = MemoryPool.shared.memory(byteCount: count * MemoryLayout<Float>.stride)
      pooled = memory
      bytes = memory.start
    }
    elements = UnsafeMutableBufferPointer(
      start: bytes.bindMemory(to: Float.self, capacity: count), count: elementCount)
  }

  deinit { own?.deallocate() }

  /// Bytes that the tensor keeps from others: more than its elements take where a pool rounded them up.
  var byteCount: Int { pooled?.byteCount ?? elements.count * MemoryLayout<Float>.stride }

  /// Bytes of the memory of its own; nil for a large tensor, and where there is none.
  var ownBytes: Int? { own == nil || elements.isEmpty ? nil : byteCount + TensorStorage.alignment }

  static let alignment = 64
  /// What every allocation has.
  private static let leastAlignment = 16
  /// The C library keeps smaller ones at hand itself.
  private static let leastPooledElements = 16 << 10
}
