/// What a token may be used for.
package enum Role: String, Sendable, CaseIterable {
  /// Computing: the operation and models.
  case infer
  /// Looking on: metrics and statistics.
  case observe
  /// Loading and unloading models.
  case admin
}

/// Some of the roles.
package struct Roles: OptionSet, Sendable {
  package let rawValue: UInt8

  package init(rawValue: UInt8) { self.rawValue = rawValue }

  package init(_ role: Role) {
    switch role {
    case .infer: self.init(rawValue: 1)
    case .observe: self.init(rawValue: 2)
    case .admin: self.init(rawValue: 4)
    }
  }
}

/// What a request needs.
package enum AccessRule: Sendable, Equatable {
  /// Nothing, and it is not counted either: whoever watches over the server must hear from it when others are too many.
  case unlimited
  /// No token.
  case open
  /// A token with any role.
  case anyRole
  case role(Role)
}
