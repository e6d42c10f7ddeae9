package import CTiles
import Glibc

/// The innermost loops for one instruction set.
///
/// The methods are thin: sizes and pointers are the caller's promise, as in `CTiles.h`.
// SAFETY: `table` points to a constant of the program that holds function pointers; nothing ever writes to it.
package struct Tiles: @unchecked Sendable {
  package let instructionSet: InstructionSet
  private let table: UnsafePointer<upconv_tiles>

  /// Nil if this machine cannot run the instruction set.
  package init?(_ instructionSet: InstructionSet) {
    guard let table = instructionSet.table else { return nil }
    self.instructionSet = instructionSet
    self.table = table
  }

  /// Those that run where none is asked for.
  package static let current = Tiles(.current) ?? portable
  package static let portable = Tiles(.portable)!

  /// Numbers in a vector.
  package var lanes: Int { table.pointee.lanes }

  package func product(_ product: upconv_product) {
    withUnsafePointer(to: product) { table.pointee.product($0) }
  }

  package func matrixProduct(_ product: upconv_matrix_product) {
    withUnsafePointer(to: product) { table.pointee.matrix_product($0) }
  }

  package func strassenProduct(_ product: upconv_strassen_product) {
    withUnsafePointer(to: product) { table.pointee.strassen_product($0) }
  }

  /// Answers the largest magnitude of the input, as `largestMagnitude`.
  package func pairSums(_ sums: upconv_pair_sums) -> Float {
    withUnsafePointer(to: sums) { table.pointee.pair_sums($0) }
  }

  package func lineProduct(_ product: upconv_line_product) {
    withUnsafePointer(to: product) { table.pointee.line_product($0) }
  }

  package func pixelLines(_ lines: upconv_pixel_lines) {
    withUnsafePointer(to: lines) { table.pointee.pixel_lines($0) }
  }

  package func inputTransform(_ transform: upconv_input_transform) {
    withUnsafePointer(to: transform) { table.pointee.input_transform($0) }
  }

  package func outputTransform(_ transform: upconv_output_transform) {
    withUnsafePointer(to: transform) { table.pointee.output_transform($0) }
  }

  /// `output[c·outputStep + r] = input[r·inputStep + c]`
  package func transpose(
    _ input: UnsafePointer<Float>, inputStep: Int, rows: Int, columns: Int, to output: UnsafeMutablePointer<Float>,
    outputStep: Int
  ) {
    table.pointee.transpose(input, inputStep, rows, columns, output, outputStep)
  }

  /// `sum[i] += factor · addend[i]`
  package func add(
    _ factor: Float, _ addend: UnsafePointer<Float>, to sum: UnsafeMutablePointer<Float>, count: Int
  ) {
    table.pointee.add_scaled(sum, factor, addend, count)
  }

  /// The largest magnitude; infinity or a NaN where a number is not finite.
  package func largestMagnitude(_ numbers: UnsafeBufferPointer<Float>) -> Float {
    guard let start = numbers.baseAddress else { return 0 }
    return table.pointee.largest(start, numbers.count)
  }

  /// Copies numbers and answers their largest magnitude, as above.
  package func copy(_ from: UnsafePointer<Float>, count: Int, to: UnsafeMutablePointer<Float>) -> Float {
    table.pointee.copy(from, count, to)
  }

  /// Applies an activation in place to rows of `columns` numbers, each `rowStep` after the one before.
  package func activate(
    _ activation: upconv_activation, _ numbers: UnsafeMutablePointer<Float>, rows: Int, rowStep: Int, columns: Int
  ) {
    withUnsafePointer(to: activation) { table.pointee.activate($0, numbers, rows, rowStep, columns) }
  }

  /// Floating point operations per nanosecond (GF/s) of multiply-adds from registers alone, on this thread, now.
  /// - Parameter rounds: 24 × `lanes` operations each; 1,000,000 take a few milliseconds.
  package func peakGigaflops(rounds: Int = 1_000_000) -> Double {
    var start = timespec()
    var end = timespec()
    clock_gettime(CLOCK_MONOTONIC, &start)
    _ = table.pointee.peak(rounds)
    clock_gettime(CLOCK_MONOTONIC, &end)
    let nanoseconds = Double(end.tv_sec - start.tv_sec) * 1e9 + Double(end.tv_nsec - start.tv_nsec)
    return Double(rounds * 24 * lanes) / nanoseconds
  }
}
