package import UpconvConvolution
import UpconvJSON

/// A model of one transposed convolution, to be written as Keras's `model.json`.
package struct LayerTemplate: Sendable {
  package var modelName: String
  package var inputName = "x"
  package var outputName = "y"
  /// Height, width and channels of the input; height and width may vary.
  package var input: [Int?]
  package var filters: Int
  package var kernel: Spatial
  package var strides: Spatial
  package var isSame = true
  package var usesBias = false
  package var activation = "linear"
  /// One of `initializers`.
  package var initializer = "glorot_uniform"
  package var seed = 0

  package init(modelName: String, input: [Int?], filters: Int, kernel: Spatial, strides: Spatial) {
    self.modelName = modelName
    self.input = input
    self.filters = filters
    self.kernel = kernel
    self.strides = strides
  }

  /// The short names of the initialisers that need no options.
  package static let initializers = Initializer.names.filter { !["constant", "variance_scaling"].contains($0) }

  /// The document, which Keras reads too (but for bilinear and icnr, which it does not have).
  package var json: String {
    let lengths = ([nil] + input).map { $0.map(String.init) ?? "null" }.joined(separator: ", ")
    let className = initializer.split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    let isOwn = ["bilinear", "icnr"].contains(initializer)
    let options = ["zeros", "ones", "bilinear"].contains(initializer) ? "{}" : "{\"seed\": \(seed)}"
    return """
      {
        "module": "keras",
        "class_name": "Sequential",
        "config": {
          "name": \(quotedJSON(modelName)),
          "trainable": true,
          "layers": [
            {
              "module": "keras.layers",
              "class_name": "InputLayer",
              "config": {
                "batch_shape": [\(lengths)],
                "dtype": "float32",
                "sparse": false,
                "name": \(quotedJSON(inputName))
              },
              "registered_name": null
            },
            {
              "module": "keras.layers",
              "class_name": "Conv2DTranspose",
              "config": {
                "name": \(quotedJSON(outputName)),
                "filters": \(filters),
                "kernel_size": [\(kernel.height), \(kernel.width)],
                "strides": [\(strides.height), \(strides.width)],
                "padding": "\(isSame ? "same" : "valid")",
                "data_format": "channels_last",
                "dilation_rate": [1, 1],
                "activation": \(quotedJSON(activation)),
                "use_bias": \(usesBias),
                "kernel_initializer": {
                  "module": \(isOwn ? "null" : "\"keras.initializers\""),
                  "class_name": "\(initializer == "icnr" ? "ICNR" : className)",
                  "config": \(options),
                  "registered_name": \(isOwn ? "\"upconv>\(initializer)\"" : "null")
                }
              },
              "registered_name": null
            }
          ]
        },
        "registered_name": null
      }

      """
  }

  private func quotedJSON(_ text: String) -> String {
    var bytes: [UInt8] = []
    JSONText.append(text, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }
}
