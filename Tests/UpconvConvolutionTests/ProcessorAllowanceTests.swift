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

  @Test func `All enclosing control groups are asked`() {
    #expect(
      ProcessorAllowance.controlGroupFolders(membership: "0::/pod/app\n")
        == ["/sys/fs/cgroup/pod/app", "/sys/fs/cgroup/pod", "/sys/fs/cgroup"])
    #expect(ProcessorAllowance.controlGroupFolders(membership: "0::/\n") == ["/sys/fs/cgroup"])
    #expect(ProcessorAllowance.controlGroupFolders(membership: "") == ["/sys/fs/cgroup"])
  }

  @Test func `This process may use at least one processor`() { #expect(ProcessorAllowance.current() >= 1) }
}
