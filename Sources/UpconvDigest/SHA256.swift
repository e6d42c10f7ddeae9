/// The SHA-256 digest of bytes: what a Content-Security-Policy knows a script by, and a file of tokens a token.
/// - Source: FIPS 180-4.
package enum SHA256 {
  /// 32 bytes. O(count).
  package static func digest(_ message: [UInt8]) -> [UInt8] {
    // Section 5.1.1: a one bit, zeros, and the length in bits, to whole blocks of 64 bytes.
    var padded = message + [0x80]
    padded += [UInt8](repeating: 0, count: (120 - padded.count % 64) % 64)
    padded += withUnsafeBytes(of: (UInt64(message.count) &* 8).bigEndian, Array.init)
    var state: [UInt32] = [
      0x6A09_E667, 0xBB67_AE85, 0x3C6E_F372, 0xA54F_F53A, 0x510E_527F, 0x9B05_688C, 0x1F83_D9AB, 0x5BE0_CD19,
    ]
    let constants = constants
    for start in stride(from: 0, to: padded.count, by: 64) {
      compress(padded[start..<start + 64], constants, into: &state)
    }
    return state.flatMap { withUnsafeBytes(of: $0.bigEndian, Array.init) }
  }

  /// Section 6.2.2.
  private static func compress(_ block: ArraySlice<UInt8>, _ constants: [UInt32], into state: inout [UInt32]) {
    // Not on the heap: a token is hashed for each request that brings one.
    var words = InlineArray<64, UInt32>(repeating: 0)
    for (index, byte) in block.enumerated() { words[index >> 2] = words[index >> 2] << 8 | UInt32(byte) }
    for index in 16..<64 {
      let (near, far) = (words[index - 2], words[index - 15])
      let small1 = rotated(near, 17) ^ rotated(near, 19) ^ near >> 10
      let small0 = rotated(far, 7) ^ rotated(far, 18) ^ far >> 3
      words[index] = small1 &+ words[index - 7] &+ small0 &+ words[index - 16]
    }
    var (a, b, c, d) = (state[0], state[1], state[2], state[3])
    var (e, f, g, h) = (state[4], state[5], state[6], state[7])
    for index in 0..<64 {
      let large1 = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)
      let first = h &+ large1 &+ (e & f ^ ~e & g) &+ constants[index] &+ words[index]
      let large0 = rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)
      let second = large0 &+ (a & b ^ a & c ^ b & c)
      (h, g, f, e, d, c, b, a) = (g, f, e, d &+ first, c, b, a, first &+ second)
    }
    state[0] &+= a
    state[1] &+= b
    state[2] &+= c
    state[3] &+= d
    state[4] &+= e
    state[5] &+= f
    state[6] &+= g
    state[7] &+= h
  }

  private static func rotated(_ word: UInt32, _ count: UInt32) -> UInt32 { word >> count | word << (32 - count) }

  /// Section 4.2.2: the first 32 bits of the fractional parts of the cube roots of the first 64 primes.
  private static let constants: [UInt32] = primes(64).map { prime in
    // The integer cube root of prime · 2^96, less its whole part: found bit by bit, since floating point has too few.
    var root: UInt64 = 0
    for bit in (0..<36).reversed() {
      let candidate = root | 1 << UInt64(bit)
      let square = candidate.multipliedFullWidth(by: candidate)
      // Candidates are below 2^36: the square has 72 bits, the cube 108.
      let low = square.low.multipliedFullWidth(by: candidate)
      let cubeHigh = square.high &* candidate &+ low.high
      if (cubeHigh, low.low) <= (prime << 32, 0) { root = candidate }
    }
    return UInt32(truncatingIfNeeded: root)
  }

  private static func primes(_ count: Int) -> [UInt64] {
    var primes: [UInt64] = []
    var candidate: UInt64 = 2
    while primes.count < count {
      if primes.allSatisfy({ candidate % $0 != 0 }) { primes.append(candidate) }
      candidate += 1
    }
    return primes
  }
}
