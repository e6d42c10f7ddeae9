import Testing
import UpconvConvolution
import UpconvModels

/// Where the channels of a model's input and output stand, as its layers tell it.
@Suite struct LayoutTests {
  /// A layer by class and options, each a member of JSON.
  private static func layer(_ className: String, _ options: String = "") -> String {
    "{\"class_name\":\"\(className)\",\"config\":{\"name\":\"NAME\"\(options.isEmpty ? "" : ",")\(options)}}"
  }

  private static func model(_ layers: [String], shape: String) throws -> Model {
    let folder = try TemporaryFolder()
    let named = layers.enumerated().map { $1.replacing("NAME", with: "l\($0)") }
    try folder.write(
      """
      {"class_name":"Sequential","config":{"name":"m","layers":[\
      {"class_name":"InputLayer","config":{"name":"x","batch_shape":\(shape)}}\(named.map { "," + $0 }.joined())]}}
      """, to: "model.json")
    return try folder.model()
  }

  private static let first = #""data_format":"channels_first""#
  private static let up = layer("Conv2DTranspose", #""filters":3,"kernel_size":2,"strides":2"#)
  private static let upFirst = layer("Conv2DTranspose", #""filters":3,"kernel_size":2,"strides":2,"# + first)
  private static let norm = layer("BatchNormalization", #""axis":1"#)
  private static let relu = layer("ReLU")
  private static let dense = layer("Dense", #""units":48"#)

  private static let cases: [(layers: [String], shape: String, input: Layout?, output: Layout?)] = [
    ([up], "[null,4,4,2]", .nhwc, .nhwc),
    ([upFirst], "[null,2,4,4]", .nchw, .nchw),
    // Layers that keep the order, on either side.
    ([relu, upFirst, norm, relu, layer("Dropout", #""rate":0.5"#)], "[null,2,4,4]", .nchw, .nchw),
    ([layer("Rescaling", #""scale":2"#), up], "[null,4,4,2]", .nhwc, .nhwc),
    // A layer that states its layout counts more than one that only suggests it.
    ([up, norm], "[null,4,4,2]", .nhwc, .nhwc),
    ([layer("UpSampling2D", first)], "[null,2,4,4]", .nchw, .nchw),
    ([layer("ZeroPadding2D", first), relu], "[null,2,4,4]", .nchw, .nchw),
    ([layer("Cropping2D", first), relu], "[null,2,4,4]", .nchw, .nchw),
    ([layer("Conv2D", #""filters":2,"kernel_size":1,"# + first)], "[null,2,4,4]", .nchw, .nchw),
    // No images at one end.
    ([dense, layer("Reshape", #""target_shape":[3,4,4]"#), upFirst], "[null,20]", nil, .nchw),
    ([upFirst, layer("Flatten"), dense], "[null,2,4,4]", .nchw, nil),
    ([layer("Flatten", first), dense], "[null,5,4,4]", .nchw, nil),
    ([upFirst, layer("Reshape", #""target_shape":[3,64]"#)], "[null,2,4,4]", .nchw, nil),
    // Nothing but the neighbours' habit.
    ([dense, layer("Reshape", #""target_shape":[3,4,4]"#), norm, relu], "[null,20]", nil, .nchw),
    ([layer("BatchNormalization", #""axis":3"#)], "[null,5,4,6]", .nhwc, .nhwc),
    ([layer("Dense", #""units":4"#)], "[null,5,4,6]", .nhwc, .nhwc),
    // The only layout that is stated anywhere.
    ([upFirst, layer("Flatten"), layer("Reshape", #""target_shape":[8,6,4]"#)], "[null,2,4,4]", .nchw, .nchw),
    // Lengths that only channels have.
    ([dense, layer("Reshape", #""target_shape":[3,4,4]"#)], "[null,20]", nil, .nchw),
    ([dense, layer("Reshape", #""target_shape":[4,4,3]"#)], "[null,20]", nil, .nhwc),
    ([dense, layer("Reshape", #""target_shape":[1,16,3]"#)], "[null,20]", nil, nil),
    ([relu], "[null,5,6,7]", nil, nil),
  ]

  @Test(arguments: cases.indices)
  func `The layers tell where the channels stand`(index: Int) throws {
    let (layers, shape, input, output) = LayoutTests.cases[index]
    let model = try LayoutTests.model(layers, shape: shape)
    #expect(model.input.layout == input, "\(layers)")
    #expect(model.output.layout == output, "\(layers)")
    #expect(model.output.dataFormat == output.map { $0 == .nchw ? "channels_first" : "channels_last" })
  }
}
