/// A layer to time: SAME padding, NHWC, no bias.
package struct BenchmarkLayer: Sendable, Codable {
  package var name: String
  package var batch: Int
  package var height: Int
  package var width: Int
  package var inputChannels: Int
  package var outputChannels: Int
  package var kernel: Int
  package var stride: Int

  enum CodingKeys: String, CodingKey {
    case name, batch, height, width, kernel, stride
    case inputChannels = "in_channels"
    case outputChannels = "out_channels"
  }

  /// Floating point operations by which all are compared: 2 for each input number, output channel and tap, those
  /// that the crop drops included.
  package var operations: Double {
    [height, width, inputChannels, outputChannels, kernel, kernel].reduce(2 * Double(batch)) { $0 * Double($1) }
  }

  /// The layers of `docs/performance.md`: one or more of each kind that people run.
  package static let builtIn: [BenchmarkLayer] = [
    layer("gist", 3, 4, 4, 2, 4, kernel: 3, stride: 2),
    layer("gist_batch64", 64, 32, 32, 2, 4, kernel: 3, stride: 2),
    layer("dcgan_first", 16, 4, 4, 1024, 512, kernel: 5, stride: 2),
    layer("dcgan_2", 16, 8, 8, 512, 256, kernel: 5, stride: 2),
    layer("dcgan_3", 16, 16, 16, 256, 128, kernel: 5, stride: 2),
    layer("dcgan_last", 16, 32, 32, 128, 3, kernel: 5, stride: 2),
    layer("unet_up3", 1, 64, 64, 256, 128, kernel: 2, stride: 2),
    layer("pix2pix_up7", 1, 64, 64, 256, 64, kernel: 4, stride: 2),
    layer("pix2pix_last", 1, 128, 128, 128, 3, kernel: 4, stride: 2),
    layer("pose_deconv2", 4, 16, 12, 256, 256, kernel: 4, stride: 2),
    layer("cyclegan_up1", 1, 64, 64, 256, 128, kernel: 3, stride: 2),
    layer("fsrcnn_x2", 1, 128, 128, 56, 1, kernel: 9, stride: 2),
    layer("fsrcnn_x3", 1, 128, 128, 56, 1, kernel: 9, stride: 3),
    layer("fcn8s", 1, 36, 44, 21, 21, kernel: 16, stride: 8),
    layer("enet_up", 1, 64, 64, 32, 32, kernel: 3, stride: 2),
    layer("same_3x3", 1, 64, 64, 64, 64, kernel: 3, stride: 1),
  ]

  private static func layer(
    _ name: String, _ batch: Int, _ height: Int, _ width: Int, _ inputs: Int, _ outputs: Int, kernel: Int, stride: Int
  ) -> BenchmarkLayer {
    BenchmarkLayer(
      name: name, batch: batch, height: height, width: width, inputChannels: inputs, outputChannels: outputs,
      kernel: kernel, stride: stride)
  }
}
