/// A piece of what a peer sent, fit for an error: short and in printable ASCII, so that neither a log line
/// nor an answer can be forged through it.
enum Excerpt {
  /// More of a peer's octets are not repeated.
  static let maxBytes = 64

  /// The first octets of `bytes`; those that do not print as `\xNN`, and `...` for what was cut off.
  static func of(_ bytes: some Collection<UInt8>) -> String {
    var text = ""
    for byte in bytes.prefix(maxBytes) {
      if 0x20...0x7E ~= byte {
        text.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        text += byte < 0x10 ? "\\x0" : "\\x"
        text += String(byte, radix: 16, uppercase: true)
      }
    }
    return bytes.count > maxBytes ? text + "..." : text
  }
}
