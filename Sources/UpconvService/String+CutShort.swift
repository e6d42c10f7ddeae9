extension String {
  /// At most `maxScalars` Unicode scalars of this text, for repeating to a client what it sent: whole characters have
  /// no bound on their length.
  func cutShort(to maxScalars: Int = 60) -> String {
    guard unicodeScalars.count > maxScalars else { return self }
    return String(unicodeScalars.prefix(maxScalars)) + "..."
  }
}
