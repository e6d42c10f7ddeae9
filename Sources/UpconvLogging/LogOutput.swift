import Glibc
import Synchronization

/// Where lines go: each in one system call.
package final class LogOutput: Sendable {
  private let descriptor: Int32
  private let lost = Atomic(0)

  package init(descriptor: Int32) { self.descriptor = descriptor }

  /// Lines that could not be written.
  package var lostCount: Int { lost.load(ordering: .relaxed) }

  func write(_ line: [UInt8]) {
    var rest = line[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        lost.wrappingAdd(1, ordering: .relaxed)
        return
      }
      rest = rest.dropFirst(count)
    }
  }
}
