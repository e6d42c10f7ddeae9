import Glibc
import Testing
import UpconvSystem

@Suite struct ProgramPagesTests {
  /// Pages of the program's file that are mapped now.
  private func residentFileBytes() throws -> Int {
    let text = try #require(SystemFile.text(at: "/proc/self/statm"))
    let fields = text.split(separator: " ").compactMap { Int($0) }
    return try #require(fields.count > 2 ? fields[2] : nil) * sysconf(Int32(_SC_PAGESIZE))
  }

  @Test func `What is let go comes back as it was`() throws {
    let table = (0..<1000).map { "\($0)" }
    let before = try residentFileBytes()
    #expect(ProgramPages.letGo() > 1 << 20)
    let after = try residentFileBytes()
    #expect(after < before)
    // The program, its constants and the addresses that were written at its start are all there.
    #expect((0..<1000).map { "\($0)" } == table)
    #expect(Double("1e22") == 1e22 && "\(1.5)" == "1.5")
  }
}
