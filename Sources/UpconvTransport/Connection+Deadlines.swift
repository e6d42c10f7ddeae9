import UpconvHTTP
import UpconvScheduling
import UpconvSystem

/// How long a connection of HTTP/1.1 waits for its peer, and when it makes room for another.
extension Connection {
  /// How long a closing connection waits for its peer to close too.
  private static let lingerTimeout = Duration.seconds(2)
  /// Likewise for one beyond the limit, whose place others wait for.
  private static let guestLingerTimeout = Duration.milliseconds(250)
  /// After so long without progress an answer is written on, whatever the system tells of the socket.
  private static let writePatience = Duration.seconds(1)

  /// Gives up on a peer or a job that took too long.
  func checkDeadlines() {
    let configuration = context.configuration
    func passed(_ start: Moment, _ timeout: Duration) -> Bool {
      context.now - start > timeout
    }
    switch phase {
    case .betweenRequests where isGuest, .readingHead where isGuest:
      if passed(requestStart, LoopContext.guestPatience) { respond(context.refuseGuest(request), keepsAlive: false) }
    case .betweenRequests:
      if passed(progress.last, configuration.idleTimeout) || context.isOver(restingSince: progress.last) { close() }
    case .answering:
      // The system tells that there is room only once a third of its buffer is free, megabytes maybe. What a slow peer
      // takes before shows when it is tried.
      if passed(progress.last, Connection.writePatience), !wantsTurn { continueAnswer() }
      if case .answering = phase, passed(progress.last, configuration.idleTimeout) { reset() }
    case .readingHead:
      if passed(requestStart, configuration.headTimeout) {
        refuse(.tooSlow(seconds: configuration.headTimeout.wholeSeconds))
      }
    case .readingContent:
      // Whether chunks end soon is not known: a client that waits for its answer gets it with the next tick.
      let isPatient = !isDiscarding || request?.framing != .chunked
      if passed(requestStart, isPatient ? configuration.requestTimeout : .zero) {
        giveUpOnContent(.tooSlow(seconds: configuration.requestTimeout.wholeSeconds))
      } else if isContentSlow(after: configuration.contentGrace) {
        giveUpOnContent(contentTooSlow)
      }
    case .computing(let cancellation):
      if passed(requestStart, configuration.requestTimeout) {
        context.compute.cancel(cancellation)
        refuse(.timedOut(seconds: configuration.requestTimeout.wholeSeconds))
      }
    case .lingering:
      if passed(progress.last, isGuest ? Connection.guestLingerTimeout : Connection.lingerTimeout) { close() }
    case .closed:
      break
    }
  }

  /// The deadline for content has passed. Who waits for content that nobody wants is told why.
  private func giveUpOnContent(_ refusal: Refusal) {
    if case .readingContent(let receiver as DiscardedContent) = phase {
      respond(receiver.response, keepsAlive: false)
    } else {
      refuse(refusal)
    }
  }

  private var contentTooSlow: Refusal { .contentTooSlow(minBytesPerSecond: context.configuration.minContentRate) }

  /// Whether the content at hand has come at less than the minimum rate for longer than `patience`. What waits for its
  /// turn here is not the peer's fault.
  private func isContentSlow(after patience: Duration) -> Bool {
    !wantsTurn && progress.isSlower(than: context.configuration.minContentRate, after: patience, now: context.now)
  }

  var idleness: Idleness? {
    guard !isGuest, !wantsTurn else { return nil }
    switch phase {
    case .betweenRequests:
      return Idleness(reason: .resting, since: progress.last)
    case .readingHead:
      return Idleness(reason: .stalled, since: requestStart)
    case .readingContent:
      return isContentSlow(after: Idleness.leastTime) ? Idleness(reason: .stalled, since: progress.last) : nil
    case .answering:
      // Longer than for contents: what a peer with a large buffer takes shows in steps.
      let configuration = context.configuration
      return progress.isSlower(than: configuration.minContentRate, after: configuration.contentGrace, now: context.now)
        ? Idleness(reason: .stalled, since: progress.last) : nil
    case .computing, .lingering, .closed:
      return nil
    }
  }

  func leave() {
    switch phase {
    case .readingHead: refuse(.overloaded(retryAfterSeconds: 1))
    case .readingContent: giveUpOnContent(contentTooSlow)
    case .answering: return reset()
    case .betweenRequests, .computing, .lingering, .closed: break
    }
    // What was written is sent all the same.
    close()
  }

  /// Ends the connection so that also the system drops what it holds for a peer that does not take it.
  private func reset() {
    descriptor.resetWhenClosed()
    close()
  }
}

extension Duration {
  var wholeSeconds: Int { Int(components.seconds) }
}
