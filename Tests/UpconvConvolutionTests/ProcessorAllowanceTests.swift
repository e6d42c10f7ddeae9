import Foundation
import Testing
import UpconvSystem

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

  @Test func `The tightest quota of either version counts, and no more than the processors`() throws {
    let root = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: root) }
    for (path, text) in [
      ("cpu.max", "max 100000\n"), ("v2/cpu.max", "300000 100000\n"), ("cpu/cpu.cfs_quota_us", "-1\n"),
      ("cpu/cpu.cfs_period_us", "100000\n"), ("cpu/v1/cpu.cfs_quota_us", "150000\n"),
      ("cpu/v1/cpu.cfs_period_us", "100000\n"),
    ] {
      let file = root.appendingPathComponent(path)
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
    }
    func count(_ membership: String, of processors: Int) -> Int {
      ProcessorAllowance.current(processors: processors, ControlGroup(root: root.path, membership: membership))
    }
    #expect(count("0::/\n", of: 8) == 8)
    #expect(count("0::/v2\n", of: 8) == 3)
    #expect(count("0::/v2\n", of: 2) == 2)
    #expect(count("4:cpu,cpuacct:/v1\n0::/\n", of: 8) == 2)
  }

  @Test func `This process may use at least one processor`() { #expect(ProcessorAllowance.current() >= 1) }
}
