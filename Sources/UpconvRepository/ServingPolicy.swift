/// How the requests for one model are queued and joined. The names are those of Triton's model configuration.
package struct ServingPolicy: Sendable, Equatable {
  /// Images up to which requests are joined in one run; a request of more runs alone. 0: nothing is joined.
  package var maxBatchSize = 32
  /// How long the first request may wait for company. 0: only what waits anyway is joined.
  package var maxQueueDelay: Duration = .zero
  /// Requests that may wait; one more is refused.
  package var maxQueueSize = 256
  /// How long a request may wait that does not say so itself; nil: as long as the server lets any request.
  package var defaultTimeout: Duration?
  /// Which of the versions on disk are served.
  package var versions = VersionPolicy.latest(1)

  package init() {}
}

/// Which versions of a model are served.
package enum VersionPolicy: Sendable, Equatable {
  /// So many, the highest numbers.
  case latest(Int)
  case all
  case specific([Int])

  /// The served ones of those that are there, the highest first.
  package func chosen(from versions: [Int]) -> [Int] {
    let descending = versions.sorted(by: >)
    return switch self {
    case .latest(let count): Array(descending.prefix(max(count, 0)))
    case .all: descending
    case .specific(let wanted): descending.filter(wanted.contains)
    }
  }
}
