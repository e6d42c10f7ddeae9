package import UpconvPictures
package import UpconvRepository
package import UpconvTensor

/// A finished answer that is to be recorded: the output itself, not a copy.
package struct RecordedAnswer: Sendable {
  /// Where it comes from, and so which run it belongs to.
  package enum Source: Sendable {
    case model(ServedModel)
    /// `/v1/conv2d_transpose`.
    case operation
  }

  let output: Tensor
  let source: Source
  let channels: ChannelOrder

  /// - Parameter channels: where they stand in the output, for the picture.
  package init(_ output: Tensor, from source: Source, channels: ChannelOrder) {
    self.output = output
    self.source = source
    self.channels = channels
  }

  /// Histogram, picture and what else is to be said of it, each under a tag of its own: TensorBoard takes one kind of
  /// content under a tag, and leaves out the rest.
  /// - Parameter name: what the tags begin with.
  /// - Complexity: O(elements), and some 20 ms for a picture of a million pixels.
  func contents(output name: String) -> [Event.Content] {
    var contents: [Event.Content] = []
    let histogram = HistogramSummary(output)
    if histogram.count > 0 { contents.append(.histogram(tag: "\(name)/values", histogram)) }
    if histogram.nonFiniteCount > 0 {
      contents.append(.scalar(tag: "\(name)/not_finite", Double(histogram.nonFiniteCount)))
    }
    if let picture {
      contents.append(.image(tag: "\(name)/image", width: picture.width, height: picture.height, png: picture.png()))
    }
    return contents
  }

  private static let limits = PictureLimits(maxPixels: 1 << 20)

  /// Of the whole batch; where that is too large, of its first image alone.
  private var picture: TensorPicture? {
    do throws(PictureError) {
      return try TensorPicture(output, channels: channels, limits: RecordedAnswer.limits)
    } catch {
      let isBatch = output.shape.rank == (channels == .absent ? 3 : 4)
      guard case .tooManyPixels = error, isBatch, output.shape[0] > 1 else { return nil }
      let first = output.split([1])[0]
      return try? TensorPicture(first, channels: channels, limits: RecordedAnswer.limits)
    }
  }
}
