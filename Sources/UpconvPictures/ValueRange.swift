/// The values that a picture's darkest and brightest tones stand for, the same for all of its images.
struct ValueRange: Equatable {
  let least: Float
  let greatest: Float

  /// Where `value` stands between the ends, 0 to 1; infinities stand at the ends, NaN nowhere. Where the ends are one,
  /// their value stands in the middle.
  func position(of value: Float) -> Float? {
    if value.isNaN { return nil }
    if value > greatest { return 1 }
    if value < least { return 0 }
    guard greatest > least else { return 0.5 }
    // Halved, so that a range over all of float32 does not overflow.
    return (value / 2 - least / 2) / (greatest / 2 - least / 2)
  }

  /// For tones: 0 to 1 where all values lie there, else -1 to 1 where all lie there, else from the least to the greatest.
  static func ofTones(_ finite: ValueRange) -> ValueRange {
    if finite.least >= 0, finite.greatest <= 1 { return ValueRange(least: 0, greatest: 1) }
    if finite.least >= -1, finite.greatest <= 1 { return ValueRange(least: -1, greatest: 1) }
    return finite
  }

  /// For colours: from the least to the greatest, but as far to both sides of zero where there are values on both.
  static func ofColors(_ finite: ValueRange) -> ValueRange {
    guard finite.hasBothSigns else { return finite }
    let extent = max(-finite.least, finite.greatest)
    return ValueRange(least: -extent, greatest: extent)
  }

  var hasBothSigns: Bool { least < 0 && greatest > 0 }

  /// The least and the greatest of the finite values; 0 and 0 where there are none. O(count).
  init(finite values: UnsafeBufferPointer<Float>) {
    var (low, high) = (Float.infinity, -Float.infinity)
    for value in values where value.isFinite {
      low = min(low, value)
      high = max(high, value)
    }
    (least, greatest) = low <= high ? (low, high) : (0, 0)
  }

  init(least: Float, greatest: Float) {
    self.least = least
    self.greatest = greatest
  }
}
