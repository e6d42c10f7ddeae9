import Testing

@testable import UpconvConvolution

@Suite struct ProcessorAllowanceTests {
  @Test func `A quota counts whole processors, rounded up`() {
    #expect(ProcessorAllowance.quota(fromCPUMax: "200000 100000\n") == 2)
    #expect(ProcessorAllowance.quota(fromCPUMax: "150000 100000\n") == 2)
    #expect(ProcessorAllowance.quota(fromCPUMax: "50000 100000\n") == 1)
    #expect(ProcessorAllowance.quota(fromCPUMax: "max 100000\n") == nil)
    #expect(ProcessorAllowance.quota(fromCPUMax: "") == nil)
    #expect(ProcessorAllowance.quota(fromCPUMax: "1 0") == nil)
  }

  @Test func `This process may use at least one processor`() { #expect(ProcessorAllowance.current() >= 1) }
}
