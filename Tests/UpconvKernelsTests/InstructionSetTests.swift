import CTiles
import Testing

@testable import UpconvKernels

@Suite struct InstructionSetTests {
  @Test func `Every machine has the portable set, and the current one is among the available`() {
    #expect(InstructionSet.available.first == .portable)
    #expect(InstructionSet.available.contains(.current))
    #expect(Tiles.portable.instructionSet == .portable)
    #expect(Tiles.current.instructionSet == .current)
  }

  @Test(arguments: InstructionSet.allCases)
  func `A set has functions exactly where it is available`(set: InstructionSet) throws {
    #expect((Tiles(set) != nil) == InstructionSet.available.contains(set))
    guard let table = set.table?.pointee else { return }
    #expect(String(cString: table.name) == set.rawValue)
    let lanes = [InstructionSet.portable: 4, .avx2: 8, .avx512: 16]
    #expect(table.lanes == lanes[set])
    #expect(try InstructionSet.named(set.rawValue) == set)
  }

  @Test func `An unknown name is refused with those that would do`() {
    let list = InstructionSet.available.map(\.rawValue).joined(separator: ", ")
    for name in ["", "AVX2", "sse9", "avx2 "] {
      #expect(throws: InstructionSetError.unknown(name)) { try InstructionSet.named(name) }
      #expect(
        InstructionSetError.unknown(name).description == "\(name) is no instruction set; this machine has \(list)")
    }
  }

  @Test func `A set that this machine lacks is refused with those that it has`() {
    let list = InstructionSet.available.map(\.rawValue).joined(separator: ", ")
    #expect(
      InstructionSetError.notAvailable(.avx512).description == "this machine cannot run avx512; it has \(list)")
    for set in InstructionSet.allCases where !InstructionSet.available.contains(set) {
      #expect(throws: InstructionSetError.notAvailable(set)) { try InstructionSet.named(set.rawValue) }
    }
  }

  @Test(arguments: InstructionSet.available)
  func `The peak is a rate`(set: InstructionSet) throws {
    let peak = try #require(Tiles(set)).peakGigaflops(rounds: 1000)
    #expect(peak.isFinite && peak > 0)
  }
}
