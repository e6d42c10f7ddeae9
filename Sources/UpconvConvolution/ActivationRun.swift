import CTiles
package import UpconvKernels

extension Activation {
  /// Applies it to numbers in place, on several threads where they are many. The bits depend on each number alone.
  /// - Parameters:
  ///   - slopes: for `.parametricReLU`: the numbers are rows of as many columns, each with its slope.
  ///   - threads: how many threads may work at once, at least 1.
  package func apply(
    _ numbers: UnsafeMutableBufferPointer<Float>, slopes: UnsafeBufferPointer<Float>? = nil, threads: Int = 1,
    tiles: Tiles = .current
  ) {
    guard let start = numbers.baseAddress, self != .linear else { return }
    let columns = slopes?.count ?? 1
    guard columns > 0, slopes != nil || self != .parametricReLU else { return }
    let units = ActivationUnits(tiles: tiles, activation: self, columns: columns, rows: numbers.count / columns)
    SharedRun.run(
      units,
      RunTensors(
        input: start, packed: start, bias: start, slopes: slopes?.baseAddress ?? UnsafePointer(start), output: start),
      threads: min(threads, units.unitCount))
  }
}

/// An activation of numbers that are there already, cut into units that stay in the second-level cache.
private struct ActivationUnits: UnitWork {
  let tiles: Tiles
  let activation: Activation
  let columns: Int
  let rows: Int

  /// 128 KiB, for which even a rectifier takes as long as a worker takes to begin.
  private static let elementsPerUnit = 32 << 10
  private var rowsPerUnit: Int { max(1, ActivationUnits.elementsPerUnit / columns) }

  var unitCount: Int { (rows + rowsPerUnit - 1) / rowsPerUnit }
  var scratchElements: Int { 0 }

  func compute(unit: Int, _ tensors: RunTensors, scratch: UnsafeMutablePointer<Float>) {
    let first = unit * rowsPerUnit
    tiles.activate(
      upconv_activation(activation, slopes: tensors.slopes), tensors.output + first * columns,
      rows: min(rowsPerUnit, rows - first), rowStep: columns, columns: columns)
  }
}
