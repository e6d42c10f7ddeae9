/// The octets that the grammar of HTTP names.
enum ASCII {
  /// HTAB.
  static let tab: UInt8 = 0x09
  /// LF.
  static let lineFeed: UInt8 = 0x0A
  /// CR.
  static let carriageReturn: UInt8 = 0x0D
  /// SP.
  static let space: UInt8 = 0x20
  /// `"`.
  static let quote: UInt8 = 0x22
  /// `#`.
  static let numberSign: UInt8 = 0x23
  /// `%`.
  static let percent: UInt8 = 0x25
  /// `&`.
  static let ampersand: UInt8 = 0x26
  /// `*`.
  static let asterisk: UInt8 = 0x2A
  /// `+`.
  static let plus: UInt8 = 0x2B
  /// `,`.
  static let comma: UInt8 = 0x2C
  /// `-`.
  static let hyphen: UInt8 = 0x2D
  /// `.`.
  static let dot: UInt8 = 0x2E
  /// `/`.
  static let slash: UInt8 = 0x2F
  /// `0`.
  static let zero: UInt8 = 0x30
  /// `1`.
  static let one: UInt8 = 0x31
  /// `:`.
  static let colon: UInt8 = 0x3A
  /// `;`.
  static let semicolon: UInt8 = 0x3B
  /// `=`.
  static let equals: UInt8 = 0x3D
  /// `?`.
  static let questionMark: UInt8 = 0x3F
  /// `[`.
  static let leftBracket: UInt8 = 0x5B
  /// `\`.
  static let backslash: UInt8 = 0x5C
  /// `]`.
  static let rightBracket: UInt8 = 0x5D
}

/// The classes of octets that HTTP's grammar names. Ranges of numbers, not Character properties: no Unicode
/// digit, letter or white space can slip in.
extension UInt8 {
  /// `DIGIT` (RFC 5234 appendix B.1).
  var isDigit: Bool { 0x30...0x39 ~= self }

  /// `tchar` (RFC 9110 §5.6.2).
  var isTokenByte: Bool { OctetSet.token.contains(self) }

  /// `OWS`: SP or HTAB, and nothing else. VT, FF, 0x85 and 0xA0 are not white space (RFC 9110 §5.6.3).
  var isBlank: Bool { self == ASCII.space || self == ASCII.tab }

  /// What a field value or a reason phrase may hold: VCHAR, obs-text, SP, HTAB (RFC 9110 §5.5). No other CTL.
  var isFieldValueByte: Bool { self == ASCII.tab || (self >= ASCII.space && self != 0x7F) }

  /// `pchar` of RFC 3986 §3.3 without pct-encoded.
  var isPathByte: Bool { OctetSet.path.contains(self) }

  /// What a query may hold: all visible octets of ASCII but `#`, which would begin a fragment. RFC 3986 §3.4 wants
  /// ``"<>[\]^`{|}`` encoded, but browsers send most of them as they are, other clients all.
  var isQueryByte: Bool { self > ASCII.space && self < 0x7F && self != ASCII.numberSign }

  /// `HEXDIG` in either case, as a number.
  var hexValue: UInt8? {
    switch self {
    case 0x30...0x39: self - 0x30
    case 0x41...0x46: self - 0x41 + 10
    case 0x61...0x66: self - 0x61 + 10
    default: nil
    }
  }

  /// A–Z become a–z; every other octet stays.
  var inLowerCase: UInt8 { 0x41...0x5A ~= self ? self | 0x20 : self }

  /// a–z become A–Z; every other octet stays.
  var inUpperCase: UInt8 { 0x61...0x7A ~= self ? self & ~0x20 : self }
}

/// A set of octets of ASCII: one bit for each.
struct OctetSet {
  private let low: UInt64
  private let high: UInt64

  /// `tchar`: ! # $ % & ' * + - . ^ _ ` | ~ and DIGIT, ALPHA.
  static let token = OctetSet(low: 0x03FF_6CFA_0000_0000, high: 0x57FF_FFFF_C7FF_FFFE)
  /// `pchar`: ! $ & ' ( ) * + , - . DIGIT : ; = @ ALPHA _ ~.
  static let path = OctetSet(low: 0x2FFF_7FD2_0000_0000, high: 0x47FF_FFFE_87FF_FFFF)

  @inline(__always)
  func contains(_ octet: UInt8) -> Bool { octet < 128 && (octet < 64 ? low : high) >> UInt64(octet & 63) & 1 == 1 }
}
