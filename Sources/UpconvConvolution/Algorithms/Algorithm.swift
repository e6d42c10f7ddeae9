/// The ways in which a layer can be computed. All give the same numbers up to rounding.
package enum Algorithm: String, Sendable, Hashable, CaseIterable {
  /// Every output row by itself, its taps narrowed to the inputs that exist. Takes everything, and is what the others
  /// fall back to where a number is not finite.
  case direct
  /// A matrix product for every phase: pixels of a padded band of the input times packed filters.
  case phases
  /// The same with neighbouring outputs of a row merged into pixels of several times as many channels.
  case rows
  /// Filters times lines of input pixels, added to sums where the kernel's rows land: for few output channels.
  case pixels
  /// A matrix product for every point of Winograd's transform of every phase: fewer multiplications.
  case winograd
  /// Strassen's seven products for eight, where every output meets one tap: fewer multiplications.
  case strassen
}

/// Work that is cut into units, which may run in any order on any thread.
protocol UnitWork: Sendable {
  var unitCount: Int { get }
  /// Scratch numbers that one unit needs.
  var scratchElements: Int { get }
  /// Computes one unit: writes its outputs and nothing else.
  /// - Parameter scratch: `scratchElements` numbers of undefined value.
  func compute(unit: Int, _ tensors: RunTensors, scratch: UnsafeMutablePointer<Float>)
}

/// A layer's work at one size.
protocol Schedule: UnitWork {
  var algorithm: Algorithm { get }
  /// Images that a unit takes at once, at most.
  var imagesPerUnit: Int { get }
  /// Numbers of packed filters that it reads.
  var packedElements: Int { get }
  /// Tables of places that the schedule holds itself, in numbers of the size of a Float.
  var tableElements: Int { get }
  /// Multiplications that are done, those with zeros of borders and panels included.
  var multiplyAdds: Int { get }
}

/// The memory of one run.
// SAFETY: made only inside ConvolutionPlan.run and Activation.apply, which keep all tensors alive and join all threads
// before they return.
// Input, packed filters and bias are only read; units write disjoint parts of the output, each on one thread.
struct RunTensors: @unchecked Sendable {
  let input: UnsafePointer<Float>
  let packed: UnsafePointer<Float>
  /// One number per output channel, zeros where the layer has none.
  let bias: UnsafePointer<Float>
  /// One number per output channel too, read for `.parametricReLU` alone.
  let slopes: UnsafePointer<Float>
  let output: UnsafeMutablePointer<Float>
}
