/// Which media types a client takes, and which of them it likes best (Accept, RFC 9110 §12.5.1).
package struct AcceptList: Sendable, Equatable {
  private struct Range: Sendable, Equatable {
    var type: MediaType
    var quality: QualityValue

    /// How narrowly this range fits `offer`: `*/*`, then `type/*`, then `type/subtype`, then one more for
    /// each parameter; `nil` where it does not fit.
    func specificity(for offer: MediaType) -> Int? {
      if type.type == "*" { return 0 }
      guard type.type == offer.type else { return nil }
      if type.subtype == "*" { return 1 }
      guard type.subtype == offer.subtype else { return nil }
      // A charset tells offers of JSON apart for nobody (RFC 8259 §11), but many clients ask for one.
      let parameters = type.parameters.filter { $0.name != "charset" }
      let fits = parameters.allSatisfy { wanted in
        offer.parameters.contains {
          $0.name == wanted.name && $0.value.lowercased() == wanted.value.lowercased()
        }
      }
      return fits ? 2 + parameters.count : nil
    }
  }

  private var ranges: [Range] = []

  /// Reads all lines of Accept, `values`. A malformed member is ignored; where none is left, as where the
  /// field is absent, any type is acceptable.
  package init(_ values: [String]) {
    for value in values {
      var scanner = FieldValueScanner(value)
      while !scanner.isAtEnd {
        if let range = Self.range(&scanner) { ranges.append(range) }
        scanner.skipMember()
      }
    }
  }

  /// The offer that the client likes best, the first of `offers` (in the server's order of preference) among
  /// equals; `nil` when none is acceptable.
  package func best(of offers: [MediaType]) -> MediaType? {
    var best: (offer: MediaType, quality: QualityValue)?
    for offer in offers {
      let quality = quality(of: offer)
      if quality > best?.quality ?? .zero { best = (offer, quality) }
    }
    return best?.offer
  }

  /// The weight of the range that fits `offer` most narrowly.
  private func quality(of offer: MediaType) -> QualityValue {
    guard !ranges.isEmpty else { return .one }
    var narrowest: (specificity: Int, quality: QualityValue)?
    for range in ranges {
      guard let specificity = range.specificity(for: offer) else { continue }
      // Of two ranges that say the same, the kinder one counts.
      if (specificity, range.quality) > (narrowest?.specificity ?? -1, narrowest?.quality ?? .zero) {
        narrowest = (specificity, range.quality)
      }
    }
    return narrowest?.quality ?? .zero
  }

  /// A member up to its comma, or `nil` when it is malformed. Parameters after `q` mean nothing (RFC 9110
  /// §12.5.1 dropped accept-ext).
  private static func range(_ scanner: inout FieldValueScanner) -> Range? {
    scanner.skipBlanks()
    var weight: String?
    let type = MediaType(&scanner, takesStar: true) { parameter in
      guard parameter.name == "q" else { return false }
      weight = parameter.value
      return true
    }
    guard let type, type.type != "*" || type.subtype == "*" else { return nil }
    guard let quality = weight.map(QualityValue.init) ?? .one else { return nil }
    guard scanner.parameters({ _, _ in true }) else { return nil }
    return scanner.isAtMemberEnd ? Range(type: type, quality: quality) : nil
  }
}
