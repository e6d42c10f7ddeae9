import Foundation
import Testing
import UpconvSystem

@testable import UpconvMemory

@Suite struct MemoryAllowanceTests {
  @Test func `A limit is a number of bytes, or none`() {
    #expect(MemoryAllowance.limit(fromMemoryMax: "536870912\n") == 536_870_912)
    #expect(MemoryAllowance.limit(fromMemoryMax: "max\n") == nil)
    #expect(MemoryAllowance.limit(fromMemoryMax: "0\n") == nil)
    #expect(MemoryAllowance.limit(fromMemoryMax: "") == nil)
  }

  @Test func `The tightest limit of either version counts`() throws {
    let root = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: root) }
    for (path, text) in [
      ("memory/memory.limit_in_bytes", "9223372036854771712\n"), ("memory/pod/memory.limit_in_bytes", "268435456\n"),
      ("v2/memory.max", "134217728\n"),
    ] {
      let file = root.appendingPathComponent(path)
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
    }
    func limit(_ membership: String) -> Int {
      MemoryAllowance.current(ControlGroup(root: root.path, membership: membership))
    }
    #expect(limit("9:memory:/pod\n") == 268_435_456)
    #expect(limit("9:memory:/pod\n0::/v2\n") == 134_217_728)
    // Unlimited is the machine's memory.
    #expect(limit("9:memory:/\n") == MemoryAllowance.current(ControlGroup(root: root.path + "/none", membership: "")))
  }

  @Test func `This process may take some memory, and no more than there can be`() {
    #expect(1 << 20..<1 << 50 ~= MemoryAllowance.current())
  }
}
