import Synchronization
package import UpconvTensor

/// A layer that keeps what was worked out for it: packed filters, and a plan for each size of input that it met last.
package final class PlannedLayer: Sendable {
  package let layer: ConvolutionLayer
  package let limits: ConvolutionLimits
  private let known = Mutex<[Known]>([])

  private struct Known {
    let inputShape: Shape
    let isExact: Bool
    let plan: ConvolutionPlan
  }

  /// Sizes that are remembered. A served layer sees its batch sizes, a few; whoever sends others pays for planning.
  private static let maxPlans = 8

  package init(_ layer: ConvolutionLayer, limits: ConvolutionLimits) {
    self.layer = layer
    self.limits = limits
  }

  /// The plan for a size of input, made where it is not remembered.
  /// - Parameter exact: whether only algorithms may be chosen that add up the definition's products.
  /// - Throws: as `ConvolutionLayer.plan`.
  package func plan(inputShape: Shape, exact: Bool) throws(GeometryError) -> ConvolutionPlan {
    if let plan = remembered(inputShape, exact) { return plan }
    let plan = try layer.plan(inputShape: inputShape, limits: limits, exact: exact)
    known.withLock { known in
      if known.count == PlannedLayer.maxPlans { known.removeFirst() }
      known.append(Known(inputShape: inputShape, isExact: exact, plan: plan))
    }
    return plan
  }

  func remembered(_ inputShape: Shape, _ exact: Bool) -> ConvolutionPlan? {
    known.withLock { known in
      // By index: a copy of each entry that is looked at would count references twenty times.
      for index in known.indices where known[index].isExact == exact && known[index].inputShape == inputShape {
        return known[index].plan
      }
      return nil
    }
  }

  /// Bytes of filters as given and as packed, and of the plans' tables.
  package var byteCount: Int {
    let filters = layer.filters.weights.byteCount
    return filters + layer.packs.byteCount + known.withLock { $0.reduce(0) { $0 + $1.plan.tableBytes } }
  }
}
