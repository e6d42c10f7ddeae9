import Dispatch
import Synchronization
import Testing
import UpconvRepository
import UpconvSystem
import UpconvTestSupport

/// Reading the folder for the index is shared, bounded, and left out for those who are gone.
@Suite struct IndexReadingTests {
  /// A repository in explicit mode whose reading queue is held by its first caller.
  private final class HeldRepository {
    let folder: ModelFolder
    let running: RunningRepository
    private let gate = DispatchSemaphore(value: 0)

    init() throws {
      folder = try ModelFolder()
      try folder.write("a", weight: 2)
      running = RunningRepository(folder) { $0.mode = .explicit }
      let begun = DispatchSemaphore(value: 0)
      try running.repository.lookForIndex { [gate] _ in
        begun.signal()
        gate.wait()
      }
      begun.wait()
    }

    deinit { release() }

    func release() { gate.signal() }
  }

  private final class Names: Sendable {
    let value = Mutex<Set<String>>([])
  }

  @Test func `All who ask while the folder is read share the next reading`() throws {
    let held = try HeldRepository()
    let repository = held.running.repository
    #expect(repository.indexReadingCount == 1)
    let answered = DispatchSemaphore(value: 0)
    let names = Names()
    for _ in 0..<1000 {
      try repository.lookForIndex { statuses in
        names.value.withLock { $0.formUnion(statuses.map(\.name)) }
        answered.signal()
      }
    }
    // What is there before their reading begins is in it.
    try held.folder.write("late", weight: 2)
    held.release()
    for _ in 0..<1000 { #expect(answered.wait(timeout: .now() + 30) == .success) }
    #expect(repository.indexReadingCount == 2)
    #expect(names.value.withLock { $0 } == ["a", "late"])
  }

  @Test func `Nothing is read for those who have left`() throws {
    let held = try HeldRepository()
    let repository = held.running.repository
    let cancelled = Cancellation()
    cancelled.cancel()
    for _ in 0..<100 {
      try repository.lookForIndex(cancellation: cancelled, { _ in Issue.record("nobody waits") })
    }
    held.release()
    // A later one ends after theirs would have.
    let answered = DispatchSemaphore(value: 0)
    try repository.lookForIndex { _ in answered.signal() }
    #expect(answered.wait(timeout: .now() + 30) == .success)
    #expect(repository.indexReadingCount == 2)
  }

  @Test func `One more than may wait is refused, and those who have left make room`() throws {
    let held = try HeldRepository()
    let repository = held.running.repository
    let cancellation = Cancellation()
    for _ in 0..<ModelRepository.maxWaiting {
      try repository.lookForIndex(cancellation: cancellation, { _ in })
    }
    #expect(throws: RepositoryError.self) { try repository.lookForIndex { _ in } }
    cancellation.cancel()
    #expect(throws: Never.self) { try repository.lookForIndex { _ in } }
  }
}
