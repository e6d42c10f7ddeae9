import ArgumentParser
import UpconvService

/// The options of the operation as flags, named as over HTTP.
struct OperationFlags: ParsableArguments {
  @Option(help: "2, or 2,2, or 1,2,2,1.") var strides: String?
  @Option(help: "SAME (default), VALID, or [[top,bottom],[left,right]].") var padding: String?
  @Option(help: "Height and width of the output; or with channels; or with batch and channels.")
  var outputShape: String?
  @Option(help: "Rows and columns added at the end, with VALID or explicit padding.") var outputPadding: String?
  @Option(help: "As strides.") var dilations: String?
  @Option(help: "Groups of channels.") var groups: String?
  @Option(help: "NHWC (default) or NCHW.") var dataFormat: String?
  @Option(help: "linear (default), relu, leaky_relu, sigmoid or tanh.") var activation: String?
  @Option(help: "Slope of leaky_relu below zero.") var alpha: String?
  @Flag(help: "Never by Winograd's or Strassen's algorithm, whose rounding errors are somewhat larger.")
  var exact = false

  /// Adds those that were given to a request's parts.
  func append(to parts: inout OperationParts) {
    let texts: [(String, String?)] = [
      ("strides", strides), ("padding", padding), ("output_shape", outputShape), ("output_padding", outputPadding),
      ("dilations", dilations), ("groups", groups), ("data_format", dataFormat), ("activation", activation),
      ("alpha", alpha), ("exact", exact ? "true" : nil),
    ]
    for (name, text) in texts {
      if let text { parts.appendOption(name, text: text) }
    }
  }
}
