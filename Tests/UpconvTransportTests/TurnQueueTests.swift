import Testing

@testable import UpconvTransport

@Suite struct TurnQueueTests {
  @Test func `First come, first served`() {
    var queue = TurnQueue()
    #expect(queue.isEmpty)
    for token in [5, 3, 9] as [UInt64] { queue.append(token) }
    #expect(queue.count == 3)
    #expect([queue.popFirst(), queue.popFirst(), queue.popFirst(), queue.popFirst()] == [5, 3, 9, nil])
    #expect(queue.isEmpty)
  }

  @Test func `A connection waits at one place, and comes last again after its turn`() {
    var queue = TurnQueue()
    for token in [1, 2, 1, 3, 2, 1] as [UInt64] { queue.append(token) }
    #expect(queue.count == 3)
    #expect(queue.popFirst() == 1)
    queue.append(1)
    #expect([queue.popFirst(), queue.popFirst(), queue.popFirst(), queue.popFirst()] == [2, 3, 1, nil])
  }

  @Test func `Going round goes on where it stopped`() {
    var queue = TurnQueue()
    for token in 0..<100 as Range<UInt64> { queue.append(token) }
    for turn in 0..<1000 as Range<UInt64> {
      let token = queue.popFirst()
      #expect(token == turn % 100)
      queue.append(token ?? 0)
      #expect(queue.count == 100)
    }
  }
}
