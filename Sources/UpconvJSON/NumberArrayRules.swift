/// What else may stand where an array of numbers is expected.
package struct NumberArrayRules: OptionSet, Sendable {
  package let rawValue: Int

  package init(rawValue: Int) { self.rawValue = rawValue }

  /// `true` and `false`, taken as 1 and 0.
  package static let booleans = NumberArrayRules(rawValue: 1)
  /// An array of objects: one whose first element is an object is read as a tree.
  package static let objects = NumberArrayRules(rawValue: 2)
}
