import UpconvTensor

/// What other algorithms leave to the direct way: images with numbers that are not finite or too large, which a sum
/// over zeros or a transform would spread to outputs that do not meet them.
struct DirectFallback: Sendable {
  let rows: DirectRows
  /// The filters as `rows` reads them, packed when they are first needed.
  let packed: @Sendable () -> Tensor

  /// Computes some output rows and channels of one image.
  /// - Parameter channels: of the group; rounded out to blocks, so neighbours may be computed again, to the same bits.
  func compute(image: Int, rows range: Range<Int>, channels: Range<Int>, group: Int, _ tensors: RunTensors) {
    let lanes = DirectFilters.lanes
    packed().withElements { packed in
      for row in range {
        rows.computeRow(
          image: image, y: row, group: group,
          blocks: channels.lowerBound / lanes..<(channels.upperBound + lanes - 1) / lanes, tensors,
          packed: packed.baseAddress!)
      }
    }
  }
}
