import UpconvConvolution
import UpconvTensor

/// Where the numbers of images stand: planes of rows for NCHW, and for NHWC one plane whose pixels have all channels.
struct ImageMemory {
  /// Planes of all images.
  let planes: Int
  let height: Int
  let width: Int
  /// Numbers of one pixel that follow one another.
  let pixel: Int

  init(_ shape: Shape, _ layout: Layout) {
    let axes = layout.axes
    height = shape[axes.height]
    width = shape[axes.width]
    planes = layout == .nhwc ? shape[0] : shape[0] * shape[1]
    pixel = layout == .nhwc ? shape[axes.channels] : 1
  }

  /// Numbers of one row.
  var row: Int { width * pixel }
  /// Numbers of one plane.
  var plane: Int { height * row }
}
