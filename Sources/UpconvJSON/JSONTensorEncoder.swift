package import UpconvTensor

/// Writes a tensor as a JSON array, a part at a time, so that the text never exists as a whole.
package struct JSONTensorEncoder: Sendable {
  private let tensor: Tensor
  /// The axes around the rows, outermost first, none of them 0.
  private let outerAxes: [Int]
  /// Elements between the innermost pair of brackets.
  private let rowLength: Int
  private let rowCount: Int
  /// Whether brackets are written at all: a nested tensor of rank 0 is a bare number.
  private let hasBrackets: Bool

  /// The index of the row within each outer axis.
  private var indices: [Int]
  private var row = 0
  /// Elements of the row that are written.
  private var column = 0
  /// Elements that are written.
  private var element = 0

  /// - Parameter nested: whether brackets follow the shape; else all elements stand in one array. As nested
  ///   text cannot tell them, axes behind an axis of length 0 are lost.
  package init(tensor: Tensor, nested: Bool) {
    self.tensor = tensor
    var axes = nested ? tensor.shape.dimensions : [tensor.shape.elementCount]
    if let zero = axes.firstIndex(of: 0) { axes.removeSubrange((zero + 1)...) }
    hasBrackets = !axes.isEmpty
    rowLength = axes.popLast() ?? 1
    outerAxes = axes
    rowCount = axes.reduce(1, *)
    indices = Array(repeating: 0, count: axes.count)
  }

  /// Appends the next part of the text: at most `maxBytes`, but always one element or row end at least.
  ///
  /// The elements are finite, which the caller checks before (see `Tensor.firstNonFiniteIndex`); one that is
  /// not becomes `null`, so that the text stays JSON.
  /// - Returns: whether more is to come.
  package mutating func append(to output: inout [UInt8], upTo maxBytes: Int) -> Bool {
    guard row < rowCount else { return false }
    // Brackets of all axes may stand before and behind an element, a comma between.
    let maxStepBytes = 2 * (outerAxes.count + 1) + 1 + JSONText.maxFloatBytes
    var left = maxBytes
    repeat {
      let partBytes = max(min(left, Self.partBytes), maxStepBytes)
      let written = withUnsafeTemporaryAllocation(byteCount: partBytes, alignment: 8) { room in
        let count = write(to: room, maxStepBytes: maxStepBytes)
        output += UnsafeRawBufferPointer(rebasing: room[..<count])
        return count
      }
      left -= written
    } while row < rowCount && left >= maxStepBytes
    return row < rowCount
  }

  /// What is written at once before it goes to the output; it fits the stack and the first cache.
  private static let partBytes = 8192

  private mutating func write(to room: UnsafeMutableRawBufferPointer, maxStepBytes: Int) -> Int {
    guard let start = room.baseAddress else { return 0 }
    // Behind this a step might not fit any more.
    let last = start + (room.count - maxStepBytes)
    var cursor = start
    while row < rowCount, cursor <= last {
      if column == 0, hasBrackets { cursor = openRow(cursor) }
      cursor = writeElements(cursor, last)
      if column == rowLength { cursor = closeRow(cursor) }
    }
    return cursor - start
  }

  /// Writes elements of one row: at least one, and more as long as the cursor is not behind `last`.
  @inline(__always)
  private mutating func writeElements(
    _ start: UnsafeMutableRawPointer, _ last: UnsafeMutableRawPointer
  ) -> UnsafeMutableRawPointer {
    let (firstElement, firstColumn, rowLength) = (element, column, rowLength)
    var column = firstColumn
    let end = tensor.withElements { elements in
      var cursor = start
      while column < rowLength, cursor <= last || column == firstColumn {
        if column > 0 { cursor = put(UInt8(ascii: ","), at: cursor) }
        let number = elements[firstElement &+ (column &- firstColumn)]
        if number.isFinite {
          cursor = JSONText.write(number, to: cursor)
        } else {
          for byte in "null".utf8 { cursor = put(byte, at: cursor) }
        }
        column &+= 1
      }
      return cursor
    }
    element += column - firstColumn
    self.column = column
    return end
  }

  /// How many outer axes are at their beginning, or at their end, in this row; counted from the innermost.
  private func outerAxes(at index: (_ length: Int) -> Int) -> Int {
    var count = 0
    for axis in outerAxes.indices.reversed() {
      guard indices[axis] == index(outerAxes[axis]) else { break }
      count += 1
    }
    return count
  }

  private func openRow(_ start: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
    var cursor = row > 0 ? put(UInt8(ascii: ","), at: start) : start
    for _ in 0...outerAxes(at: { _ in 0 }) { cursor = put(UInt8(ascii: "["), at: cursor) }
    return cursor
  }

  private mutating func closeRow(_ start: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
    var cursor = start
    if hasBrackets {
      for _ in 0...outerAxes(at: { $0 - 1 }) { cursor = put(UInt8(ascii: "]"), at: cursor) }
    }
    for axis in outerAxes.indices.reversed() {
      indices[axis] += 1
      guard indices[axis] == outerAxes[axis] else { break }
      indices[axis] = 0
    }
    row += 1
    column = 0
    return cursor
  }
}

extension Tensor {
  /// The first element, in memory order, that JSON has no text for: an infinity or NaN.
  /// - Complexity: O(count).
  package var firstNonFiniteIndex: Int? { withElements { $0.firstIndex { !$0.isFinite } } }
}

@inline(__always)
private func put(_ byte: UInt8, at start: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
  start.storeBytes(of: byte, as: UInt8.self)
  return start + 1
}
