import CDecimal
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
    /// The outermost array begins with an object, where the rules let it: it is no array of numbers.
    case object
    /// The outermost array has ended.
    case closed
  }

  private enum State { case afterOpening, afterComma, afterElement }

  private let limits: JSONLimits
  private let rules: NumberArrayRules
  private var state = State.afterOpening
  /// Where the outermost array stands.
  private(set) var base = JSONPath()
  /// Arrays and objects around the outermost array.
  private var depthAround = 0
  /// For each open level the number of elements that are whole.
  private var counts: [Int] = []
  /// For each level that was reached the length of its arrays; -1 before the first has ended.
  private var lengths: [Int] = []
  private var isRankKnown = false

  private var builder: TensorBuilder
  /// Reads runs of numbers; nil if there is no such thing, or numbers are to be shorter than it checks.
  private let readRun: DecimalRunReader?

  init(limits: JSONLimits, rules: NumberArrayRules, instructions: DecimalInstructions) {
    self.limits = limits
    self.rules = rules
    builder = TensorBuilder(expectedElements: 0, maxElements: limits.tensor.maxElements)
    readRun = limits.maxNumberBytes < Self.maxRunNumberBytes ? nil : instructions.functions.read
  }

  private typealias DecimalRunReader = @convention(c) (UnsafeMutablePointer<upconv_decimal_run>?) -> Void

  /// A number of a run is shorter than this.
  private static let maxRunNumberBytes = 32

  /// Whether an array has begun and not ended.
  var isOpen: Bool { !counts.isEmpty }

  /// Bytes of the numbers so far.
  var heldBytes: Int { builder.heldBytes }

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
        guard try readNumbers(&cursor, first, end, offset) else { return (cursor - first, .number) }
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
      case UInt8(ascii: "{") where rules.contains(.objects) && counts == [0] && state == .afterOpening:
        return (cursor - first, .object)
      default:
        try beginElement(byte, at: here)
        guard byte.isASCIILetter || byte >= 0x80 else { throw notANumber(byte, at: here) }
        return (cursor - first, .word)
      }
      cursor += 1
    }
    return (bytes.count, .endOfBytes)
  }

  /// Reads numbers and the commas between them as long as nothing else comes, but for row ends that a run passes.
  /// - Returns: false if the number at `cursor` is one for the slow way; else `cursor` is behind the last
  ///   number and its comma if it has one.
  private mutating func readNumbers(
    _ cursor: inout UnsafeRawPointer, _ first: UnsafeRawPointer, _ end: UnsafeRawPointer, _ offset: Int
  ) throws(JSONError) -> Bool {
    var value: Float = 0
    repeat {
      if readRun != nil {
        read(runFrom: &cursor, first, end)
        guard state != .afterElement else { return true }
        guard cursor < end, cursor.isNumberStart else { return true }
      }
      guard let behind = DecimalFloat.scan(from: cursor, to: end, into: &value),
        behind - cursor <= limits.maxNumberBytes
      else { return false }
      try append(value, at: offset &+ (cursor - first))
      cursor = behind
      guard cursor.byte == UInt8(ascii: ",") else { return true }
      cursor += 1
      state = .afterComma
      if cursor < end, cursor.byte == 0x20 { cursor += 1 }
    } while cursor < end && cursor.isNumberStart
    return true
  }

  /// Reads a run of numbers as far as there is memory for it.
  private mutating func read(
    runFrom cursor: inout UnsafeRawPointer, _ first: UnsafeRawPointer, _ end: UnsafeRawPointer
  ) {
    let level = counts.count - 1
    // A row's end is for the run where rows have a length already and an array around them.
    let rowLength = level > 0 && lengths[level] >= 0 ? lengths[level] : .max
    var run = upconv_decimal_run()
    run.begin = first.assumingMemoryBound(to: UInt8.self)
    run.end = end.assumingMemoryBound(to: UInt8.self)
    run.text = cursor.assumingMemoryBound(to: UInt8.self)
    run.row_length = rowLength
    run.column = counts[level]
    let readRun = readRun
    var count = 0
    builder.fillRoom { room in
      run.numbers = room.baseAddress
      run.room = room.count
      readRun?(&run)
      count = room.count - run.room
      return count
    }
    guard count > 0, let text = run.text else { return }
    cursor = UnsafeRawPointer(text)
    counts[level] = run.column
    if level > 0 { counts[level - 1] += run.rows }
    state = run.after_comma != 0 ? .afterComma : run.column == 0 ? .afterOpening : .afterElement
  }

  /// Takes the value of a number that `read` stopped at.
  /// - Throws: `.tooManyElements`.
  mutating func append(_ value: Float, at offset: Int) throws(JSONError) {
    do { try builder.append(value) } catch { throw tooManyElements(at: offset, path: path) }
    counts[counts.count - 1] += 1
    state = .afterElement
  }

  /// Takes `true` as 1 and `false` as 0.
  /// - Throws: `.numberAmongArrays`, `.tooManyElements`.
  mutating func append(boolean: Bool, at offset: Int) throws(JSONError) {
    try beginNumber(at: offset)
    try append(boolean ? 1 : 0, at: offset)
  }

  /// Forgets the array that was begun and has no element yet.
  mutating func abandon() { counts.removeAll(keepingCapacity: true) }

  /// The tensor, after `read` has stopped at its end.
  /// - Throws: `.tooManyElements`, also where a shape with a zero in it is too large.
  mutating func finish(at offset: Int) throws(JSONError) -> Tensor {
    do {
      var whole = TensorBuilder(expectedElements: 0, maxElements: limits.tensor.maxElements)
      swap(&whole, &builder)
      return try whole.finish(shape: Shape(lengths, limits: limits.tensor))
    } catch {
      throw tooManyElements(at: offset, path: base)
    }
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

  private func tooManyElements(at offset: Int, path: JSONPath) -> JSONError {
    .tooManyElements(maxElements: limits.tensor.maxElements, path: path, offset: offset)
  }

  /// The path of the array that is open at `level`, or of what is being read in the innermost.
  private func path(above level: Int) -> JSONPath {
    JSONPath(base.steps + counts.prefix(level - 1).map(JSONPath.Step.element))
  }
}
