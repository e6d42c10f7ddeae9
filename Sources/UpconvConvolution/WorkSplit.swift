/// Cuts a run into parts of neighbouring output rows, one part a thread.
///
/// Rows are numbered through the batch, image after image, so that threads take whole images first and share an
/// image only at the seams; where the batch is smaller than the threads, they share the rows of one image.
struct WorkSplit: Sendable {
  /// Output rows of the whole batch.
  let rows: Int
  /// How many parts there are, at least 1.
  let count: Int

  /// Multiply-adds and stores below which a second thread costs more than it brings: waking one takes about
  /// 20 µs here, and a thread does about 5,000 of these a microsecond.
  static let minWorkPerPart = 200_000

  init(rows: Int, work: Int, threads: Int) {
    self.rows = rows
    count = max(1, min(threads, rows, work / WorkSplit.minWorkPerPart))
  }

  /// The rows of a part. Parts are disjoint, differ by at most one row and cover all rows.
  subscript(part: Int) -> Range<Int> {
    let (size, longer) = rows.quotientAndRemainder(dividingBy: count)
    let start = part * size + min(part, longer)
    return start..<start + size + (part < longer ? 1 : 0)
  }
}

/// The output's memory while several threads fill it.
// SAFETY: a slab lives only inside ConvolutionPlan.run, which owns the memory and joins all threads before it
// returns. Each thread writes only the rows of its own part of one WorkSplit, and parts are disjoint: no element is
// written twice, and none is read.
struct OutputSlab: @unchecked Sendable {
  let elements: UnsafeMutableBufferPointer<Float>

  init(_ elements: UnsafeMutableBufferPointer<Float>) { self.elements = elements }
}
