import UpconvTensor

/// Reads an array of numbers, nested or flat, into a tensor; numbers never become objects.
///
/// Levels count the arrays that are open, from 1. The rank is known with the first number or the first empty
/// array: from then on numbers stand at that level only, and arrays above it only.
struct NumberArrayReader: ~Copyable {
  /// Why `read` came back.
  enum Stop {
    case endOfBytes
    /// A number begins that the quick way does not settle; the caller hands its value to `append`.
    case number
    /// A word begins, which can only be wrong.
    case word
    /// The outermost array has ended.
    case closed
  }

  private enum State { case afterOpening, afterComma, afterElement }

  private let limits: JSONLimits
  private var state = State.afterOpening
  private var base = JSONPath()
  /// Arrays and objects around the outermost array.
  private var depthAround = 0
  /// For each open level the number of elements that are whole.
  private var counts: [Int] = []
  /// For each level that was reached the length of its arrays; -1 before the first has ended.
  private var lengths: [Int] = []
  private var isRankKnown = false

  private var builder: TensorBuilder
  /// Numbers on their way to the builder.
  private let block: UnsafeMutableBufferPointer<Float>
  private var blockCount = 0
  /// How many numbers the block may take: fewer than its size only at the end of the builder's room.
  private var blockRoom = 0

  private static let blockSize = 1024

  init(limits: JSONLimits) {
    self.limits = limits
    builder = TensorBuilder(expectedElements: 0, maxElements: limits.tensor.maxElements)
    block = .allocate(capacity: Self.blockSize)
  }

  deinit { block.deallocate() }

  /// Whether an array has begun and not ended.
  var isOpen: Bool { !counts.isEmpty }

  /// Where the element stands that is being read.
  var path: JSONPath { path(above: counts.count + 1) }

  /// Begins with the opening bracket at `offset`.
  /// - Throws: `.rankTooHigh`, `.tooDeep`.
  mutating func begin(at offset: Int, path: JSONPath, depthAround: Int) throws(JSONError) {
    base = path
    self.depthAround = depthAround
    counts.removeAll(keepingCapacity: true)
    lengths.removeAll(keepingCapacity: true)
    isRankKnown = false
    blockCount = 0
    blockRoom = min(Self.blockSize, limits.tensor.maxElements)
    try openArray(at: offset)
  }

  /// Reads on from `bytes[start]`, whose offset in the document is `offset + start`.
  mutating func read(
    _ bytes: UnsafeRawBufferPointer, from start: Int, offset: Int
  ) throws(JSONError) -> (next: Int, stop: Stop) {
    guard let first = bytes.baseAddress else { return (start, .endOfBytes) }
    let end = first + bytes.count
    var cursor = first + start
    while cursor < end {
      let here = offset &+ (cursor - first)
      let byte = cursor.byte
      switch byte {
      case 0x20, 0x0A, 0x0D, 0x09: break
      case 0x30...0x39, UInt8(ascii: "-"):
        try beginElement(byte, at: here)
        try beginNumber(at: here)
        guard try readNumbers(&cursor, end, first - offset) else { return (cursor - first, .number) }
        continue
      case UInt8(ascii: ","):
        guard state == .afterElement else { throw unexpected(byte, at: here) }
        state = .afterComma
      case UInt8(ascii: "["):
        try beginElement(byte, at: here)
        try openArray(at: here)
      case UInt8(ascii: "]"):
        try closeArray(at: here)
        if counts.isEmpty { return (cursor - first + 1, .closed) }
      default:
        try beginElement(byte, at: here)
        guard byte.isASCIILetter || byte >= 0x80 else { throw notANumber(byte, at: here) }
        return (cursor - first, .word)
      }
      cursor += 1
    }
    return (bytes.count, .endOfBytes)
  }

  /// Reads numbers and the commas between them as long as nothing else comes.
  /// - Returns: false where the number at `cursor` is one for the slow way; else `cursor` is behind the last
  ///   number and its comma if it has one.
  @inline(__always)
  private mutating func readNumbers(
    _ cursor: inout UnsafeRawPointer, _ end: UnsafeRawPointer, _ origin: UnsafeRawPointer
  ) throws(JSONError) -> Bool {
    let level = counts.count - 1
    let maxNumberBytes = limits.maxNumberBytes
    let block = block
    var count = counts[level]
    var filled = blockCount
    var value: Float = 0
    var next = cursor
    defer {
      cursor = next
      counts[level] = count
    }
    while true {
      guard let behind = DecimalFloat.scan(from: next, to: end, into: &value), behind - next <= maxNumberBytes
      else {
        blockCount = filled
        return false
      }
      if filled == blockRoom {
        blockCount = filled
        counts[level] = count
        try makeRoom(at: next - origin)
        filled = 0
      }
      block[filled] = value
      filled += 1
      count += 1
      next = behind
      state = .afterElement
      if next.byte == UInt8(ascii: ",") {
        next += 1
        state = .afterComma
        if next < end, next.byte == 0x20 { next += 1 }
        if next < end, next.byte &- 0x30 <= 9 || next.byte == UInt8(ascii: "-") { continue }
      }
      blockCount = filled
      return true
    }
  }

  /// Takes the value of a number that `read` stopped at.
  /// - Throws: `.tooManyElements`.
  mutating func append(_ value: Float, at offset: Int) throws(JSONError) {
    if blockCount == blockRoom { try makeRoom(at: offset) }
    block[blockCount] = value
    blockCount += 1
    counts[counts.count - 1] += 1
    state = .afterElement
  }

  /// The tensor, after `read` has stopped at its end.
  /// - Throws: `.tooManyElements`, also where a shape with a zero in it is too large.
  mutating func finish(at offset: Int) throws(JSONError) -> Tensor {
    do {
      try emptyBlock()
      var whole = TensorBuilder(expectedElements: 0, maxElements: limits.tensor.maxElements)
      swap(&whole, &builder)
      return try whole.finish(shape: Shape(lengths, limits: limits.tensor))
    } catch {
      throw tooManyElements(at: offset, path: base)
    }
  }
}

// Room.
extension NumberArrayReader {
  /// Makes room for the number at `offset` in a block that is full.
  private mutating func makeRoom(at offset: Int) throws(JSONError) {
    do {
      try emptyBlock()
    } catch {
      throw tooManyElements(at: offset, path: path)
    }
    guard blockRoom > 0 else { throw tooManyElements(at: offset, path: path) }
  }

  private mutating func emptyBlock() throws(TensorBuilderError) {
    let numbers = UnsafeBufferPointer(rebasing: block[..<blockCount])
    try builder.append(elementCount: numbers.count) { room in _ = room.update(fromContentsOf: numbers) }
    blockCount = 0
    blockRoom = min(Self.blockSize, limits.tensor.maxElements - builder.count)
  }

  private func tooManyElements(at offset: Int, path: JSONPath) -> JSONError {
    .tooManyElements(maxElements: limits.tensor.maxElements, path: path, offset: offset)
  }
}

// Nesting.
extension NumberArrayReader {
  private mutating func openArray(at offset: Int) throws(JSONError) {
    guard !isRankKnown || counts.count < lengths.count else {
      throw .arrayAmongNumbers(path: path, offset: offset)
    }
    guard counts.count < limits.tensor.maxRank else {
      throw .rankTooHigh(maxRank: limits.tensor.maxRank, path: path, offset: offset)
    }
    guard depthAround + counts.count < limits.maxDepth else {
      throw .tooDeep(maxDepth: limits.maxDepth, path: path, offset: offset)
    }
    counts.append(0)
    if counts.count > lengths.count { lengths.append(-1) }
    state = .afterOpening
  }

  private mutating func closeArray(at offset: Int) throws(JSONError) {
    guard state != .afterComma else { throw .trailingComma(path: path(above: counts.count), offset: offset) }
    let level = counts.count - 1
    let (found, expected) = (counts[level], lengths[level])
    guard expected < 0 || found == expected else {
      throw .raggedArray(found: found, expected: expected, path: path(above: counts.count), offset: offset)
    }
    lengths[level] = found
    isRankKnown = true
    counts.removeLast()
    if level > 0 { counts[level - 1] += 1 }
    state = .afterElement
  }

  private mutating func beginNumber(at offset: Int) throws(JSONError) {
    guard !isRankKnown || counts.count == lengths.count else {
      throw .numberAmongArrays(path: path, offset: offset)
    }
    isRankKnown = true
  }

  /// Refuses whatever follows an element without a comma.
  private func beginElement(_ byte: UInt8, at offset: Int) throws(JSONError) {
    if state == .afterElement { throw unexpected(byte, at: offset) }
  }

  private func unexpected(_ byte: UInt8, at offset: Int) -> JSONError {
    switch state {
    case .afterOpening:
      .unexpected(byte, expected: .valueOrEndOfArray, path: path(above: counts.count), at: offset)
    case .afterComma: .unexpected(byte, expected: .value, path: path(above: counts.count), at: offset)
    case .afterElement:
      .unexpected(byte, expected: .commaOrEndOfArray, path: path(above: counts.count), at: offset)
    }
  }

  private func notANumber(_ byte: UInt8, at offset: Int) -> JSONError {
    switch byte {
    case UInt8(ascii: "\""): .notANumber(found: .string, path: path, offset: offset)
    case UInt8(ascii: "{"): .notANumber(found: .object, path: path, offset: offset)
    case UInt8(ascii: "+"), UInt8(ascii: "."): .malformedNumberStart(byte, path: path, at: offset)
    default: unexpected(byte, at: offset)
    }
  }

  /// The path of the array that is open at `level`, or of what is being read in the innermost.
  private func path(above level: Int) -> JSONPath {
    JSONPath(base.steps + counts.prefix(level - 1).map(JSONPath.Step.element))
  }
}
