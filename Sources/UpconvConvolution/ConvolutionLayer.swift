import UpconvKernels
package import UpconvTensor

/// An operation together with its numbers, checked: what can be kept and run on any number of images. Plans pack the
/// filters when they first need them, and share what is packed.
package struct ConvolutionLayer: Sendable {
  package let operation: TransposedConvolution
  package let inputChannels: Int
  package let outputChannels: Int
  let filters: LayerFilters
  /// One number per output channel, zeros where none were given.
  let bias: Tensor
  /// Whether they were given.
  let hasBias: Bool
  /// One number per output channel, if the activation is `.parametricReLU`.
  package let slopes: Tensor?
  let packs = FilterPacks()

  package var kernel: Spatial { filters.kernel }
  /// `[kernel height, kernel width, output channels / groups, input channels]`, as given.
  package var weights: Tensor { filters.weights }

  /// Largest stride, dilation, crop, output padding and kernel extent. No known model passes 64; the bound keeps
  /// the tables of one axis small and every product of sizes far from overflow.
  package static let maxExtent = 65_536

  /// - Parameters:
  ///   - filters: `[kernel height, kernel width, output channels / groups, input channels]`.
  ///   - bias: `[output channels]`; zeros where nil.
  ///   - slopes: `[output channels]` for the activation `.parametricReLU`; nil for every other one.
  /// - Throws: the `GeometryError`s that concern `filters`, `bias`, `slopes`, `groups` and the ranges of the options.
  /// - Complexity: O(elements of `filters`): they are read once for numbers that are not finite.
  package init(
    _ operation: TransposedConvolution, filters: Tensor, bias: Tensor?, slopes: Tensor? = nil
  ) throws(GeometryError) {
    try ConvolutionLayer.checkRanges(operation)
    let dimensions = filters.shape.dimensions
    guard dimensions.count == 4 else { throw .wrongRank(field: "filters", shape: dimensions) }
    guard dimensions.allSatisfy({ $0 > 0 }) else { throw .emptyAxis(field: "filters", shape: dimensions) }
    guard max(dimensions[0], dimensions[1]) <= ConvolutionLayer.maxExtent else {
      throw .kernelTooLarge(shape: dimensions, maxExtent: ConvolutionLayer.maxExtent)
    }
    inputChannels = dimensions[3]
    guard inputChannels % operation.groups == 0 else {
      throw .groupsDoNotDivide(groups: operation.groups, inputChannels: inputChannels)
    }
    outputChannels = dimensions[2] * operation.groups
    if let bias, bias.shape.dimensions != [outputChannels] {
      throw .biasShape(shape: bias.shape.dimensions, outputChannels: outputChannels)
    }
    let needed = operation.activation == .parametricReLU ? [outputChannels] : nil
    guard slopes?.shape.dimensions == needed else {
      throw .slopesShape(shape: slopes?.shape.dimensions, expected: needed)
    }
    self.operation = operation
    self.slopes = slopes
    self.filters = LayerFilters(
      weights: filters,
      sizes: FilterSizes(
        groups: operation.groups, inputsPerGroup: inputChannels / operation.groups, outputsPerGroup: dimensions[2]),
      kernel: Spatial(height: dimensions[0], width: dimensions[1]),
      largestWeight: filters.withElements { Tiles.current.largestMagnitude($0) })
    hasBias = bias != nil
    self.bias =
      bias ?? Tensor.filled(shape: Shape(vectorLength: outputChannels)) { $0.update(repeating: 0) }
  }

  private static func checkRanges(_ operation: TransposedConvolution) throws(GeometryError) {
    func check(_ field: String, _ values: [Int], from least: Int) throws(GeometryError) {
      for value in values where value < least || value > maxExtent {
        throw .outOfRange(field: field, value: value, accepted: least...maxExtent)
      }
    }
    try check("strides", [operation.strides.height, operation.strides.width], from: 1)
    try check("dilations", [operation.dilations.height, operation.dilations.width], from: 1)
    try check("groups", [operation.groups], from: 1)
    if case .explicit(let edges) = operation.padding {
      try check("padding", [edges.top, edges.bottom, edges.left, edges.right], from: 0)
    }
    if let added = operation.outputPadding { try check("output_padding", [added.height, added.width], from: 0) }
  }
}
