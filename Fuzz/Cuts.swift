/// An input in pieces, as reads from a socket would bring it.
enum Cuts {
  /// Ways to cut the input besides leaving it whole: into single bytes, in two, and in up to five.
  ///
  /// Drawn from the input itself, so that a case is the same whenever it is run.
  static func ways(of input: [UInt8]) -> [[ArraySlice<UInt8>]] {
    var state = input.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    func index() -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % (input.count + 1)
    }
    return [
      input.indices.map { input[$0...$0] },
      pieces(of: input, cutAt: [index()]),
      pieces(of: input, cutAt: (0..<4).map { _ in index() }.sorted()),
    ]
  }

  private static func pieces(of input: [UInt8], cutAt cuts: [Int]) -> [ArraySlice<UInt8>] {
    zip([0] + cuts, cuts + [input.count]).map { input[$0..<$1] }
  }

  /// Lends a piece in memory of just its size: the sanitizer sees a read beyond it.
  static func withMemory<Failure>(
    _ piece: ArraySlice<UInt8>, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: piece.count, alignment: 1)
    defer { memory.deallocate() }
    memory.copyBytes(from: piece)
    try body(UnsafeRawBufferPointer(memory))
  }
}
