import Testing

@testable import UpconvMemory

@Suite struct MemoryAllowanceTests {
  @Test func `A limit is a number of bytes, or none`() {
    #expect(MemoryAllowance.limit(fromMemoryMax: "536870912\n") == 536_870_912)
    #expect(MemoryAllowance.limit(fromMemoryMax: "max\n") == nil)
    #expect(MemoryAllowance.limit(fromMemoryMax: "0\n") == nil)
    #expect(MemoryAllowance.limit(fromMemoryMax: "") == nil)
  }

  @Test func `This process may take some memory, and no more than there can be`() {
    #expect(1 << 20..<1 << 50 ~= MemoryAllowance.current())
  }
}
