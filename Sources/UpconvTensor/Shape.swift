/// The lengths of a tensor's axes, outermost first, with a product that is known not to overflow.
package struct Shape: Sendable, Hashable, CustomStringConvertible {
  package let dimensions: [Int]
  /// The product of the dimensions; 1 for rank 0.
  package let elementCount: Int

  /// Checks rank, sign and size before anything is allocated from a shape that somebody sent.
  /// - Throws: `.rankTooHigh`, `.negativeDimension`, `.tooManyElements`.
  package init(_ dimensions: [Int], limits: TensorLimits) throws(ShapeError) {
    guard dimensions.count <= limits.maxRank else {
      throw .rankTooHigh(rank: dimensions.count, maxRank: limits.maxRank)
    }
    // The product of the positive lengths is bounded too: strides are computed from it even where a zero
    // makes the tensor empty.
    var product = 1
    var isEmpty = false
    for dimension in dimensions {
      guard dimension >= 0 else { throw .negativeDimension(dimensions) }
      guard dimension > 0 else {
        isEmpty = true
        continue
      }
      let (next, overflow) = product.multipliedReportingOverflow(by: dimension)
      guard !overflow, next <= limits.maxElements else {
        throw .tooManyElements(dimensions, maxElements: limits.maxElements)
      }
      product = next
    }
    self.dimensions = dimensions
    self.elementCount = isEmpty ? 0 : product
  }

  /// A vector, for lengths that were worked out rather than received. A negative length counts as 0.
  package init(vectorLength: Int) {
    dimensions = [max(vectorLength, 0)]
    elementCount = max(vectorLength, 0)
  }

  /// A shape whose lengths come from shapes that were checked: none is negative, the product is that of a tensor in
  /// memory.
  package init(known dimensions: [Int]) {
    self.dimensions = dimensions
    elementCount = dimensions.reduce(1, *)
  }

  package var rank: Int { dimensions.count }

  package subscript(axis: Int) -> Int { dimensions[axis] }

  /// As JSON would have it: `[3,8,8,4]`.
  package var description: String { Shape.text(dimensions) }

  package static func text(_ dimensions: [Int]) -> String {
    "[" + dimensions.map(String.init).joined(separator: ",") + "]"
  }
}

/// What a tensor may be at most; every reader is given one.
package struct TensorLimits: Sendable {
  /// Elements of one tensor, also of one answer.
  package var maxElements: Int
  /// Axes of one tensor.
  package var maxRank: Int

  /// 2^26 elements are 256 MiB of float32; 8 axes are twice what an image batch has.
  package init(maxElements: Int = 1 << 26, maxRank: Int = 8) {
    self.maxElements = maxElements
    self.maxRank = maxRank
  }
}

/// Why a list of lengths is no shape.
package enum ShapeError: Error, Equatable, CustomStringConvertible {
  case rankTooHigh(rank: Int, maxRank: Int)
  case negativeDimension([Int])
  case tooManyElements([Int], maxElements: Int)

  package var description: String {
    switch self {
    case .rankTooHigh(let rank, let maxRank):
      "a shape of \(rank) axes is refused: at most \(maxRank) are allowed"
    case .negativeDimension(let dimensions):
      "the shape \(Shape.text(dimensions)) has a negative length: lengths are 0 or more"
    case .tooManyElements(let dimensions, let maxElements):
      "the shape \(Shape.text(dimensions)) is too large: a tensor has at most \(maxElements) elements"
    }
  }
}
