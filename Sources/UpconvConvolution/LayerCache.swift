import Synchronization
package import UpconvTensor

/// Plans for layers whose filters come with every request: a layer that was used lately is found by its content, so
/// that its filters need not be packed again.
///
/// Bounded in bytes; what was not used for longest is forgotten first.
package final class LayerCache: Sendable {
  package let maxBytes: Int
  package let limits: ConvolutionLimits
  /// Hashes differ from process to process, so that nobody can prepare layers that share one.
  private let seed = UInt64.random(in: 0...UInt64.max)
  /// In the order of their last use.
  private let entries = Mutex<[Entry]>([])

  private struct Entry {
    let key: Key
    let layer: PlannedLayer
  }

  private struct Key: Hashable {
    let operation: TransposedConvolution
    let filters: Shape
    let filtersHash: UInt64
    let biasHash: UInt64?
  }

  /// Layers that are kept at most: finding one looks at each.
  private static let maxLayers = 64

  /// - Parameter maxBytes: 0 keeps nothing.
  package init(limits: ConvolutionLimits, maxBytes: Int) {
    self.limits = limits
    self.maxBytes = maxBytes
  }

  /// The plan for an operation, its numbers and a size of input.
  /// - Throws: as `ConvolutionLayer.init` and `ConvolutionLayer.plan`.
  /// - Complexity: O(elements of `filters`) to find them; to pack them, several times that.
  package func plan(
    _ operation: TransposedConvolution, filters: Tensor, bias: Tensor?, inputShape: Shape, exact: Bool
  ) throws(GeometryError) -> ConvolutionPlan {
    guard maxBytes > 0 else {
      return try ConvolutionLayer(operation, filters: filters, bias: bias)
        .plan(inputShape: inputShape, limits: limits, exact: exact)
    }
    let key = Key(
      operation: operation, filters: filters.shape, filtersHash: filters.contentHash(seed: seed),
      biasHash: bias?.contentHash(seed: seed))
    if let layer = recall(key), layer.layer.hasNumbers(filters: filters, bias: bias) {
      if let plan = layer.remembered(inputShape, exact) { return plan }
      let plan = try layer.plan(inputShape: inputShape, exact: exact)
      keep(layer, key)
      return plan
    }
    let layer = PlannedLayer(try ConvolutionLayer(operation, filters: filters, bias: bias), limits: limits)
    let plan = try layer.plan(inputShape: inputShape, exact: exact)
    keep(layer, key)
    return plan
  }

  private func recall(_ key: Key) -> PlannedLayer? {
    entries.withLock { entries in
      guard let index = entries.lastIndex(where: { $0.key == key }) else { return nil }
      let entry = entries.remove(at: index)
      entries.append(entry)
      return entry.layer
    }
  }

  /// Makes a layer the last used one, and forgets others until all fit.
  private func keep(_ layer: PlannedLayer, _ key: Key) {
    let bytes = layer.byteCount
    entries.withLock { entries in
      entries.removeAll { $0.key == key }
      // One that would push out everything is no gain.
      guard bytes <= maxBytes else { return }
      entries.append(Entry(key: key, layer: layer))
      var total = entries.reduce(0) { $0 + $1.layer.byteCount }
      while total > maxBytes || entries.count > LayerCache.maxLayers {
        total -= entries.removeFirst().layer.byteCount
      }
    }
  }

  /// Bytes of all layers that are kept.
  package var byteCount: Int { entries.withLock { $0.reduce(0) { $0 + $1.layer.byteCount } } }
}

extension ConvolutionLayer {
  /// Whether these are the layer's own numbers, bit by bit.
  fileprivate func hasNumbers(filters: Tensor, bias: Tensor?) -> Bool {
    guard filters.hasSameContent(as: self.filters.weights) else { return false }
    return bias.map { $0.hasSameContent(as: self.bias) } ?? !hasBias
  }
}
