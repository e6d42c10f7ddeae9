import UpconvTensor

/// What a picture may be at most.
package struct PictureLimits: Sendable {
  /// Pixels in all. Each takes three bytes while the picture is made, and as many again while it is compressed.
  package var maxPixels: Int
  /// Small pictures are enlarged until their longer side has at least as many pixels, where the other limit allows.
  package var minLongerSide: Int

  package init(maxPixels: Int = 1 << 22, minLongerSide: Int = 256) {
    self.maxPixels = maxPixels
    self.minLongerSide = minLongerSide
  }
}

/// Why a tensor has no picture.
package enum PictureError: Error, Equatable, CustomStringConvertible {
  /// More axes than batch, height, width and channels.
  case rankTooHigh([Int])
  case empty([Int])
  case tooManyPixels([Int], maxPixels: Int)

  package var description: String {
    switch self {
    case .rankTooHigh(let dimensions):
      "a tensor of shape \(Shape.text(dimensions)) has no picture: it has more than 4 axes"
    case .empty(let dimensions):
      "a tensor of shape \(Shape.text(dimensions)) has no picture: it has no elements"
    case .tooManyPixels(let dimensions, let maxPixels):
      "a tensor of shape \(Shape.text(dimensions)) is too large for a picture: that has at most \(maxPixels) pixels"
    }
  }
}
