import Foundation
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

  /// A tree of control groups with these files.
  private func withTree(_ files: [String: String], _ body: (String) throws -> Void) throws {
    let root = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: root) }
    for (path, text) in files {
      let file = root.appendingPathComponent(path)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
    }
    try body(root.path)
  }

  @Test func `All enclosing control groups of version 2 are asked, from within`() throws {
    let files = ["cpu.max": "root", "pod/cpu.max": "pod", "pod/app/cpu.max": "app", "other/cpu.max": "other"]
    try withTree(files) { root in
      func texts(_ membership: String) -> [String] {
        ControlGroup(root: root, membership: membership).texts(of: "cpu.max")
      }
      #expect(texts("0::/pod/app\n") == ["app", "pod", "root"])
      #expect(texts("1:name=systemd:/other\n0::/pod\n") == ["pod", "root"])
      #expect(texts("0::/\n") == ["root"])
      #expect(texts("") == ["root"])
      // A namespace of its own: the path is another's.
      #expect(texts("0::/../somewhere/else\n") == ["root"])
    }
  }

  @Test func `Controllers of version 1 are asked in their own trees`() throws {
    let files = [
      "cpu/pod/quota": "1", "cpu/pod/period": "2", "cpu/quota": "3", "cpu/period": "4", "memory/limit": "5",
      "cpu/other/quota": "6",
    ]
    try withTree(files) { root in
      let group = ControlGroup(root: root, membership: "9:memory:/pod\n4:cpu,cpuacct:/pod\n0::/other\n")
      #expect(group.texts(of: ["quota", "period"], controller: "cpu") == [["1", "2"], ["3", "4"]])
      #expect(group.texts(of: ["limit"], controller: "memory") == [["5"]])
      #expect(group.texts(of: ["quota"], controller: "cpuset") == [])
    }
    try withTree(["cpu,cpuacct/pod/quota": "7"]) { root in
      let group = ControlGroup(root: root, membership: "4:cpu,cpuacct:/pod\n")
      #expect(group.texts(of: ["quota"], controller: "cpu") == [["7"]])
    }
  }
}
