/// A media type with its parameters, `application/json; charset=utf-8` (RFC 9110 §8.3.1).
package struct MediaType: Sendable, Equatable {
  package struct Parameter: Sendable, Equatable {
    /// In lower case.
    package var name: String
    /// As it is meant: without quotes and backslashes.
    package var value: String
  }

  /// In lower case.
  package var type: String
  /// In lower case.
  package var subtype: String
  /// In order, duplicates kept.
  package var parameters: [Parameter]

  /// `type/subtype`, in lower case.
  package var essence: String { "\(type)/\(subtype)" }

  /// Reads a whole field value; `nil` when it is not one media type.
  package init?(_ value: String) {
    var scanner = FieldValueScanner(value)
    scanner.skipBlanks()
    self.init(&scanner, until: { _ in false })
    scanner.skipBlanks()
    guard scanner.isAtEnd else { return nil }
  }

  /// Reads a media type where `scanner` stands, up to a parameter that `isForeign`.
  /// - Parameter takesStar: whether `*` alone stands for `*/*`, as Java 8 and 11 send it in Accept.
  init?(_ scanner: inout FieldValueScanner, takesStar: Bool = false, until isForeign: (Parameter) -> Bool) {
    guard let type = scanner.lowerCaseToken() else { return nil }
    let subtype: String
    if scanner.take(ASCII.slash) {
      guard let token = scanner.lowerCaseToken() else { return nil }
      subtype = token
    } else {
      guard takesStar, type == "*" else { return nil }
      subtype = "*"
    }
    var parameters: [Parameter] = []
    let isWellFormed = scanner.parameters { name, value in
      let parameter = Parameter(name: name, value: value)
      if isForeign(parameter) { return false }
      parameters.append(parameter)
      return true
    }
    guard isWellFormed else { return nil }
    self.type = type
    self.subtype = subtype
    self.parameters = parameters
  }
}
