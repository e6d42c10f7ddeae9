/// Puts values into the arrays and objects that are open, and counts what the tree costs.
struct JSONTreeBuilder {
  /// An array or object whose end has not come.
  private struct Container {
    let isObject: Bool
    var elements: [JSONValue] = []
    var members: [JSONValue.Member] = []
    /// The name of the member that is being read.
    var name = ""
    /// All names, as bytes: String's == would call differently composed names equal.
    var names: Set<[UInt8]> = []
  }

  /// What each value costs besides its text; see `JSONLimits.maxTreeBytes`.
  private static let bytesPerValue = 16

  /// Where the value stands that is being read; between values, where the innermost container stands.
  private(set) var path = JSONPath()
  /// The document, once it is whole.
  private(set) var root: JSONValue?
  /// What the tree may still cost.
  private(set) var remainingBytes: Int
  /// What it has cost.
  var spentBytes: Int { limits.maxTreeBytes - remainingBytes }
  private let limits: JSONLimits
  private var containers: [Container] = []

  init(limits: JSONLimits) {
    self.limits = limits
    remainingBytes = limits.maxTreeBytes
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
    if let container = containers.last, !container.isObject {
      path.steps.append(.element(container.elements.count))
    }
    try spend(Self.bytesPerValue, at: offset)
  }

  /// Puts the value that was begun last into its container, and the path back to that.
  mutating func endValue(_ value: JSONValue) {
    guard let last = containers.indices.last else {
      root = value
      return
    }
    path.steps.removeLast()
    if containers[last].isObject {
      containers[last].members.append(JSONValue.Member(name: containers[last].name, value: value))
    } else {
      containers[last].elements.append(value)
    }
  }

  /// Opens the value that was begun last as a container.
  /// - Throws: `.tooDeep`.
  mutating func open(isObject: Bool, at offset: Int) throws(JSONError) {
    guard containers.count < limits.maxDepth else {
      throw .tooDeep(maxDepth: limits.maxDepth, path: path, offset: offset)
    }
    containers.append(Container(isObject: isObject))
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
    guard containers[last].names.insert(name).inserted else {
      throw .duplicateName(text, path: path, offset: offset)
    }
    containers[last].name = text
    path.steps.append(.member(text))
  }
}
