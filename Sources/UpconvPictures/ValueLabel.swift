import Glibc

/// A number as a colour bar says it: four significant digits at most.
enum ValueLabel {
  static func text(_ value: Float) -> String {
    guard value != 0, value.isFinite else { return "0" }
    let value = Double(value)
    // The unit of the fourth digit. Float32 reaches from 1e-45 to 3.4e38: no power here leaves Double.
    let digits = 3 - Int(log10(abs(value)).rounded(.down))
    let rounded =
      digits >= 0
      ? (value * pow(10, Double(digits))).rounded() / pow(10, Double(digits))
      : (value / pow(10, Double(-digits))).rounded() * pow(10, Double(-digits))
    let text = rounded.description
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}
