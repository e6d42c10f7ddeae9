/// Puts values into the arrays and objects that are open, and counts what the tree costs.
struct JSONTreeBuilder {
  /// An array or object whose end has not come.
  private struct Container {
    let isObject: Bool
    /// Whether one of its values is being read.
    var isAtValue = false
    var elements: [JSONValue] = []
    var members: [JSONValue.Member] = []
    /// The name of the member that is being read.
    var name = ""
    /// All names, as bytes: String's == would call differently composed names equal. Filled once they are many.
    var names: Set<[UInt8]> = []

    init(isObject: Bool) { self.isObject = isObject }

    /// Puts in the value that was being read.
    mutating func append(_ value: JSONValue) {
      isAtValue = false
      if isObject {
        // Most have so few; growing from one would take memory three times.
        if members.isEmpty { members.reserveCapacity(Container.usualCount) }
        members.append(JSONValue.Member(name: name, value: value))
      } else {
        if elements.isEmpty { elements.reserveCapacity(Container.usualCount) }
        elements.append(value)
      }
    }

    private static let usualCount = 4

    /// Whether a member of this name was read already.
    mutating func hasMember(named name: [UInt8]) -> Bool {
      guard members.count >= Container.manyMembers else {
        return members.contains { $0.name.utf8.count == name.count && $0.name.utf8.elementsEqual(name) }
      }
      if names.isEmpty { names = Set(members.map { Array($0.name.utf8) }) }
      return !names.insert(name).inserted
    }

    /// So many names are compared one by one as quickly as they are hashed.
    private static let manyMembers = 8
  }

  /// What each value costs besides its text; see `JSONLimits.maxTreeBytes`.
  private static let bytesPerValue = 16
  /// A member with its name, in an array that has grown to twice its content; and an array's beginning with its first room.
  private static let (heldBytesPerValue, heldBytesPerContainer) = (128, 256)
  /// A name's own copy in the set of an object's names, besides its bytes.
  private static let heldBytesPerName = 96

  /// Where the value stands that is being read; between values, where the innermost container stands. O(depth).
  var path: JSONPath { path(of: containers[...]) }

  /// Where something stands that is no value: the member that wants one, or the array among whose elements it is.
  var pathOfIntruder: JSONPath { isInObject == false ? path(of: containers.dropLast()) : path }

  private func path(of containers: ArraySlice<Container>) -> JSONPath {
    var steps: [JSONPath.Step] = []
    steps.reserveCapacity(containers.count)
    for container in containers {
      if let step = Self.step(container) { steps.append(step) }
    }
    return JSONPath(steps)
  }

  private static func step(_ container: Container) -> JSONPath.Step? {
    guard container.isAtValue else { return nil }
    return container.isObject ? .member(container.name) : .element(container.elements.count)
  }

  /// The document, once it is whole.
  private(set) var root: JSONValue?
  /// What the tree may still cost.
  private(set) var remainingBytes: Int
  /// Bytes of memory that it takes: more than it is charged for, since values are larger in memory than `{}` is as text.
  var heldBytes: Int {
    limits.maxTreeBytes - remainingBytes + valueCount * Self.heldBytesPerValue
      + containerCount * Self.heldBytesPerContainer + heldNameBytes
  }
  private var (valueCount, containerCount) = (0, 0)
  /// Of the sets of names in which objects of many members look for a name that comes twice.
  private var heldNameBytes = 0
  private let limits: JSONLimits
  private var containers: [Container] = []

  init(limits: JSONLimits) {
    self.limits = limits
    remainingBytes = limits.maxTreeBytes
    containers.reserveCapacity(4)
  }

  /// How many arrays and objects are open.
  var depth: Int { containers.count }

  /// Whether the innermost container is an object; nil outside of all.
  var isInObject: Bool? { containers.last?.isObject }

  /// Counts bytes of a name, a string or a number.
  /// - Throws: `.treeTooLarge`.
  mutating func spend(_ byteCount: Int, at offset: Int) throws(JSONError) {
    guard byteCount <= remainingBytes else {
      throw .treeTooLarge(maxBytes: limits.maxTreeBytes, path: path, offset: offset)
    }
    remainingBytes -= byteCount
  }

  /// Moves the path to the value that begins at `offset`.
  /// - Throws: `.treeTooLarge`.
  mutating func beginValue(at offset: Int) throws(JSONError) {
    if let last = containers.indices.last { containers[last].isAtValue = true }
    try spend(Self.bytesPerValue, at: offset)
    valueCount += 1
  }

  /// Puts the value that was begun last into its container, and the path back to that.
  mutating func endValue(_ value: JSONValue) {
    guard let last = containers.indices.last else {
      root = value
      return
    }
    containers[last].append(value)
  }

  /// Opens the value that was begun last as a container.
  /// - Throws: `.tooDeep`.
  mutating func open(isObject: Bool, at offset: Int) throws(JSONError) {
    guard containers.count < limits.maxDepth else {
      throw .tooDeep(maxDepth: limits.maxDepth, path: path, offset: offset)
    }
    containers.append(Container(isObject: isObject))
    containerCount += 1
  }

  /// Closes the innermost container.
  mutating func close() {
    guard let container = containers.popLast() else { return }
    endValue(container.isObject ? .object(container.members) : .array(container.elements))
  }

  /// Begins a member of the innermost object.
  /// - Throws: `.duplicateName`, `.treeTooLarge`.
  mutating func beginMember(name: [UInt8], at offset: Int) throws(JSONError) {
    try spend(name.count, at: offset)
    guard let last = containers.indices.last else { return }
    let text = String(decoding: name, as: UTF8.self)
    guard !containers[last].hasMember(named: name) else {
      throw .duplicateName(text, path: path, offset: offset)
    }
    heldNameBytes += name.count + Self.heldBytesPerName
    containers[last].name = text
    containers[last].isAtValue = true
  }
}
