import CDecimal
import Testing

/// The tables of `CDecimal`, computed again from their definition.
@Suite struct DecimalPowersTests {
  /// A whole number of any size, lowest limb first.
  private struct Whole: Equatable {
    var limbs: [UInt32]

    init(_ value: UInt64) { limbs = [UInt32(truncatingIfNeeded: value), UInt32(value >> 32)] }

    /// Times factor^power; itself where the power is negative.
    func times(_ factor: UInt64, power: Int) -> Whole {
      (0..<max(power, 0)).reduce(self) { product, _ in product.times(factor) }
    }

    func times(_ factor: UInt64) -> Whole {
      var result = Whole(0)
      result.limbs = Array(repeating: 0, count: limbs.count + 2)
      for (place, part) in [factor & 0xFFFF_FFFF, factor >> 32].enumerated() {
        var carry: UInt64 = 0
        for index in 0..<limbs.count {
          carry += UInt64(limbs[index]) * part + UInt64(result.limbs[index + place])
          result.limbs[index + place] = UInt32(truncatingIfNeeded: carry)
          carry >>= 32
        }
        result.limbs[limbs.count + place] = UInt32(truncatingIfNeeded: carry)
      }
      return result
    }

    static func < (left: Whole, right: Whole) -> Bool {
      for index in (0..<max(left.limbs.count, right.limbs.count)).reversed() {
        let (l, r) = (left.limb(index), right.limb(index))
        if l != r { return l < r }
      }
      return false
    }

    private func limb(_ index: Int) -> UInt32 { index < limbs.count ? limbs[index] : 0 }
  }

  @Test(arguments: -45...31)
  func `A scaled power is the smallest that is not below`(k: Int) {
    let scaled = upconv_scaled_power_of_ten(Int32(k))
    #expect(scaled >= 1 << 63)
    // 10^-k · 2^shift ≤ scaled, with every power on the side where it is whole.
    let shift = 63 - ((-k * 1_741_647) >> 19)
    func isEnough(_ candidate: UInt64) -> Bool {
      let needed = Whole(1).times(10, power: -k).times(2, power: shift)
      let given = Whole(candidate).times(10, power: k).times(2, power: -shift)
      return !(given < needed)
    }
    #expect(isEnough(scaled))
    #expect(!isEnough(scaled - 1))
  }

  @Test func `Powers of ten are the nearest doubles`() {
    for exponent in 0...60 { #expect(upconv_power_of_ten(exponent) == Double("1e\(exponent)")) }
    #expect(upconv_power_of_ten(61) == 0)
  }
}
