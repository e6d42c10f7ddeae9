import Synchronization

/// What the steps of one model's runs took. It goes with the model.
package final class LayerTimes: Sendable {
  /// One step; those of one layer and work count together.
  package struct Total: Sendable, Equatable {
    /// The layer that the step is for, or the first of those that became one.
    package let layer: String
    /// As `StagePlan.work`.
    package let work: String
    package var runCount = 0
    package var nanoseconds = 0
  }

  private let totals: Mutex<[Total]>
  /// Where a stage's total stands.
  private let places: [Int]

  init(_ stages: [any Stage]) {
    var totals: [Total] = []
    var places: [Int] = []
    for stage in stages {
      let known = totals.firstIndex { $0.layer == stage.layer && $0.work == stage.work }
      places.append(known ?? totals.count)
      if known == nil { totals.append(Total(layer: stage.layer, work: stage.work)) }
    }
    self.totals = Mutex(totals)
    self.places = places
  }

  /// In the order in which they run.
  package var current: [Total] { totals.withLock { $0 } }

  func add(nanoseconds: Int, stage: Int) {
    totals.withLock { totals in
      totals[places[stage]].runCount += 1
      totals[places[stage]].nanoseconds &+= nanoseconds
    }
  }

  /// Forgets what was measured: a first run, which plans, says nothing of the next.
  func reset() {
    totals.withLock { totals in
      for place in totals.indices {
        totals[place].runCount = 0
        totals[place].nanoseconds = 0
      }
    }
  }
}
