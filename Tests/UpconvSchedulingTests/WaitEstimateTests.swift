import Testing

@testable import UpconvScheduling

@Suite struct WaitEstimateTests {
  @Test func `Nothing is expected before anything has run`() {
    #expect(WaitEstimate().wait(behind: 100, workers: 2) == .zero)
  }

  @Test func `The wait is the time of those before, shared by all workers`() {
    var estimate = WaitEstimate()
    estimate.note(ran: .milliseconds(100))
    #expect(estimate.wait(behind: 0, workers: 1) == .milliseconds(100))
    #expect(estimate.wait(behind: 9, workers: 1) == .seconds(1))
    #expect(estimate.wait(behind: 9, workers: 2) == .milliseconds(500))
  }

  @Test func `What runs now counts more than what ran long ago`() {
    var estimate = WaitEstimate()
    estimate.note(ran: .seconds(8))
    for _ in 0..<100 { estimate.note(ran: .milliseconds(10)) }
    #expect(estimate.wait(behind: 0, workers: 1) < .milliseconds(11))
  }

  @Test func `Clients are told whole seconds, at least one, and no more than a minute`() {
    #expect(QueueRefusal(expectedWait: .zero).retryAfterSeconds == 1)
    #expect(QueueRefusal(expectedWait: .milliseconds(1001)).retryAfterSeconds == 2)
    #expect(QueueRefusal(expectedWait: .seconds(3)).retryAfterSeconds == 3)
    #expect(QueueRefusal(expectedWait: .seconds(3600)).retryAfterSeconds == 60)
  }
}
