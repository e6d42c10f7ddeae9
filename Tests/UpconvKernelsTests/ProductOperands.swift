import CTiles
import UpconvKernels
import UpconvTestSupport

/// What a product reads, as arrays; for the time of the call each stands in memory of its own between guards.
struct ProductOperands {
  var input: [Float]
  var inputOffsets: [Int]
  var segmentOffsets = [0]
  var depth: Int
  var panel: [Float]
  var panelVectors: Int
  var columns: Int
  var outputOffsets: [Int]
  /// Without it, sums start with what the output holds.
  var bias: [Float]?
  var store = ProductCase.Store.linear
  var hasNextPanel = false
  var edge = GuardedBuffer<Float>.Edge.end

  func multiply(_ tiles: Tiles, to output: GuardedBuffer<Float>) {
    let input = GuardedBuffer(reading: input, touching: edge)
    let inputOffsets = GuardedBuffer(reading: inputOffsets)
    let segmentOffsets = GuardedBuffer(reading: segmentOffsets)
    let panel = GuardedBuffer(reading: panel, touching: edge)
    let start = bias.map { GuardedBuffer(reading: $0, touching: edge) }
    let slopes = GuardedBuffer(reading: ProductCase.Store.slopes(columns), touching: edge)
    let outputOffsets = GuardedBuffer(reading: outputOffsets)
    withExtendedLifetime((input, inputOffsets, segmentOffsets, panel, start, slopes, outputOffsets, output)) {
      tiles.product(
        upconv_product(
          input: input.start, input_offsets: inputOffsets.start, rows: inputOffsets.count,
          segment_offsets: segmentOffsets.start, segments: segmentOffsets.count, depth: depth, panel: panel.start,
          panel_vectors: panelVectors, columns: columns, output: output.start, output_offsets: outputOffsets.start,
          bias: start.map { UnsafePointer($0.start) }, activation: store.activation(slopes: slopes.start),
          // It is not read: what would come after this panel begins in the guard.
          next_panel: hasNextPanel ? UnsafePointer(panel.start + panel.count) : nil))
    }
  }
}
