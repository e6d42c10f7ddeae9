import CDecimal
package import UpconvTensor

/// Writes a tensor as a JSON array, a part at a time, so that the text never exists as a whole.
package struct JSONTensorEncoder: Sendable {
  private let tensor: Tensor
  private let instructions: DecimalInstructions
  /// The axes around the planes, outermost first, none of them 0.
  private let outerAxes: [Int]
  /// A plane is what the two innermost pairs of brackets hold: rows of elements. With one pair it is one row.
  private let rowLength: Int
  private let rowsInPlane: Int
  private let planeCount: Int
  /// Pairs of brackets that belong to each plane itself, 0 to 2: a nested tensor of rank 0 is a bare number.
  private let bracketsOfPlane: Int

  /// The index of the plane within each outer axis.
  private var indices: [Int]
  private var plane = 0
  /// Elements of the plane that are written.
  private var elementsOfPlane = 0

  /// - Parameter nested: whether brackets follow the shape; else all elements stand in one array. As nested
  ///   text cannot tell them, axes behind an axis of length 0 are lost.
  package init(tensor: Tensor, nested: Bool, by instructions: DecimalInstructions = .current) {
    self.tensor = tensor
    self.instructions = instructions
    var axes = nested ? tensor.shape.dimensions : [tensor.shape.elementCount]
    if let zero = axes.firstIndex(of: 0) { axes.removeSubrange((zero + 1)...) }
    bracketsOfPlane = axes.last == 0 ? 1 : min(axes.count, 2)
    rowLength = axes.popLast() ?? 1
    rowsInPlane = bracketsOfPlane == 2 ? axes.popLast() ?? 1 : 1
    outerAxes = axes
    planeCount = axes.reduce(1, *)
    indices = Array(repeating: 0, count: axes.count)
  }

  /// Appends the next part of the text: at most `maxBytes`, but always one element or plane end at least.
  ///
  /// The elements are finite, which the caller checks before (see `Tensor.firstNonFiniteIndex`); one that is
  /// not becomes `null`, so that the text stays JSON.
  /// - Returns: whether more is to come.
  package mutating func append(to output: inout [UInt8], upTo maxBytes: Int) -> Bool {
    var left = maxBytes
    while plane < planeCount {
      let partBytes = max(min(left, Self.partBytes), minBytes)
      let written = withUnsafeTemporaryAllocation(byteCount: partBytes, alignment: 8) { room in
        let count = write(to: room)
        output += UnsafeRawBufferPointer(rebasing: room[..<count])
        return count
      }
      left -= written
      if left < minBytes { break }
    }
    return plane < planeCount
  }

  /// Room that is enough for one element with all brackets around it.
  private var minBytes: Int { 2 * (outerAxes.count + 2) + 1 + Self.bytesOfElement + Self.slackBytes }

  /// What is written at once before it goes to the output; it fits the stack and the first cache.
  private static let partBytes = 8192
  private static let bytesOfElement = Int(UPCONV_DECIMAL_BYTES)
  private static let slackBytes = Int(UPCONV_DECIMAL_SLACK)

  /// Writes as much as fits; `room` has `minBytes` at least.
  private mutating func write(to room: UnsafeMutableRawBufferPointer) -> Int {
    guard let start = room.baseAddress else { return 0 }
    let end = start + room.count
    var cursor = start
    while plane < planeCount, end - cursor >= minBytes {
      if elementsOfPlane == 0 { cursor = openPlane(cursor) }
      cursor = writeElements(cursor, end - (outerAxes.count + 2))
      if elementsOfPlane == rowsInPlane * rowLength { cursor = closePlane(cursor) }
    }
    return cursor - start
  }

  /// Writes elements of one plane, as many as certainly fit.
  private mutating func writeElements(
    _ start: UnsafeMutableRawPointer, _ end: UnsafeMutableRawPointer
  ) -> UnsafeMutableRawPointer {
    let fitting = (end - start - Self.slackBytes) / Self.bytesOfElement
    let count = min(fitting, rowsInPlane * rowLength - elementsOfPlane)
    guard count > 0 else { return start }
    // Between two calls at a row's end the row is still to be closed: it is full, not the next one empty.
    let column = elementsOfPlane == 0 ? 0 : (elementsOfPlane - 1) % rowLength + 1
    let first = plane * rowsInPlane * rowLength + elementsOfPlane
    elementsOfPlane += count
    return tensor.withElements { elements in
      guard let numbers = elements.baseAddress else { return start }
      let text = start.assumingMemoryBound(to: UInt8.self)
      return UnsafeMutableRawPointer(
        instructions.functions.write(numbers + first, count, rowLength, column, text) ?? text)
    }
  }

  /// How many outer axes are at their beginning, or at their end, in this plane; counted from the innermost.
  private func outerAxes(at index: (_ length: Int) -> Int) -> Int {
    var count = 0
    for axis in outerAxes.indices.reversed() {
      guard indices[axis] == index(outerAxes[axis]) else { break }
      count += 1
    }
    return count
  }

  private func openPlane(_ start: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
    var cursor = plane > 0 ? put(UInt8(ascii: ","), at: start) : start
    for _ in 0..<bracketsOfPlane + outerAxes(at: { _ in 0 }) { cursor = put(UInt8(ascii: "["), at: cursor) }
    return cursor
  }

  private mutating func closePlane(_ start: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
    var cursor = start
    for _ in 0..<bracketsOfPlane + outerAxes(at: { $0 - 1 }) { cursor = put(UInt8(ascii: "]"), at: cursor) }
    for axis in outerAxes.indices.reversed() {
      indices[axis] += 1
      guard indices[axis] == outerAxes[axis] else { break }
      indices[axis] = 0
    }
    plane += 1
    elementsOfPlane = 0
    return cursor
  }
}

extension Tensor {
  /// The first element, in memory order, that JSON has no text for: an infinity or NaN.
  /// - Complexity: O(count).
  package var firstNonFiniteIndex: Int? {
    withElements { elements in
      // A block at once, in which the compiler compares many numbers together; signed, as SSE2 compares only so.
      for start in stride(from: 0, to: elements.count, by: 1024) {
        let block = elements[start..<min(start + 1024, elements.count)]
        var largest: Int32 = 0
        for number in block { largest = max(largest, Int32(truncatingIfNeeded: number.magnitude.bitPattern)) }
        if largest >= 0x7F80_0000 { return block.firstIndex { !$0.isFinite } }
      }
      return nil
    }
  }
}

@inline(__always)
private func put(_ byte: UInt8, at start: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
  start.storeBytes(of: byte, as: UInt8.self)
  return start + 1
}
