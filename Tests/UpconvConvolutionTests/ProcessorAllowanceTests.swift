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

@Suite struct WorkSplitTests {
  @Test func `Parts cover all rows once and differ by at most one row`() {
    for rows in [0, 1, 5, 16, 17, 100] {
      for threads in [1, 2, 3, 16] {
        let split = WorkSplit(rows: rows, work: .max, threads: threads)
        let parts = (0..<split.count).map { split[$0] }
        #expect(parts.flatMap { Array($0) } == Array(0..<rows))
        #expect(parts.map(\.count).max()! - parts.map(\.count).min()! <= 1)
      }
    }
  }

  @Test func `Small work stays on one thread`() {
    #expect(WorkSplit(rows: 100, work: WorkSplit.minWorkPerPart - 1, threads: 8).count == 1)
  }
}
