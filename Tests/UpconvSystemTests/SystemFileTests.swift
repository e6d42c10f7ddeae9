import Testing
import UpconvSystem

@Suite struct SystemFileTests {
  @Test func `A file of the system is read whole, or as much of it as is wanted`() throws {
    let whole = try #require(SystemFile.bytes(at: "/proc/self/cmdline"))
    #expect(whole.last == 0)
    let text = try #require(SystemFile.text(at: "/proc/stat", atMost: 10))
    #expect(text.utf8.count == 10 && text.hasPrefix("cpu "))
    #expect(SystemFile.bytes(at: "/proc/stat", atMost: 0) == [])
    #expect(SystemFile.text(at: "/proc/nowhere") == nil)
  }

  @Test func `All enclosing control groups are asked`() {
    #expect(
      ControlGroup.folders(membership: "0::/pod/app\n")
        == ["/sys/fs/cgroup/pod/app", "/sys/fs/cgroup/pod", "/sys/fs/cgroup"])
    #expect(ControlGroup.folders(membership: "0::/\n") == ["/sys/fs/cgroup"])
    #expect(ControlGroup.folders(membership: "") == ["/sys/fs/cgroup"])
  }
}
