/// `qvalue` (RFC 9110 §12.4.2): a weight from 0 to 1 with at most three decimals, counted here in
/// thousandths.
struct QualityValue: Sendable, Comparable {
  /// `q=0`: excluded.
  static let zero = QualityValue(thousandths: 0)
  /// `q=1`: what is meant where no weight is given.
  static let one = QualityValue(thousandths: 1000)

  /// From 0 to 1000.
  let thousandths: Int

  private init(thousandths: Int) { self.thousandths = thousandths }

  /// Reads `( "0" [ "." 0*3DIGIT ] ) / ( "1" [ "." 0*3("0") ] )`, also without the 0 before the dot, as Java 8 and 11
  /// send it; nothing else.
  init?(_ text: String) {
    let start: [UInt8] = text.utf8.count > 1 && text.utf8.first == ASCII.dot ? [ASCII.zero] : []
    let bytes = start + Array(text.utf8.prefix(6))
    guard let first = bytes.first, first == ASCII.zero || first == ASCII.one, bytes.count <= 5 else {
      return nil
    }
    guard bytes.count == 1 || bytes[1] == ASCII.dot else { return nil }
    var value = Int(first - ASCII.zero) * 1000
    var place = 100
    for digit in bytes.dropFirst(2) {
      guard digit.isDigit else { return nil }
      value += Int(digit - ASCII.zero) * place
      place /= 10
    }
    guard value <= 1000 else { return nil }
    thousandths = value
  }

  static func < (left: QualityValue, right: QualityValue) -> Bool { left.thousandths < right.thousandths }
}
