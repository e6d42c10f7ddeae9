import Testing
import UpconvModels
import UpconvTensor
import UpconvTestSupport

/// What the versions of Keras write by themselves, with default values, for the layers that there are.
@Suite struct KerasDialectTests {
  /// How a version of Keras writes a model of a Conv2DTranspose, a BatchNormalization and a LeakyReLU of slope 0.2.
  private struct Dialect {
    let name: String
    let document: String
  }

  private static func sequential(_ layers: [String], _ version: String, more: String = "") -> String {
    """
    {"class_name":"Sequential","config":{"name":"sequential_1","layers":[\(layers.joined(separator: ","))]\(more)},\
    "keras_version":"\(version)","backend":"tensorflow"}
    """
  }

  private static let initializers = """
    "kernel_initializer":{"class_name":"VarianceScaling","config":{"scale":1.0,"mode":"fan_avg","distribution":"uniform",\
    "seed":null}},"bias_initializer":{"class_name":"Zeros","config":{}}
    """
  private static let regularizers = """
    "kernel_regularizer":null,"bias_regularizer":null,"activity_regularizer":null,"kernel_constraint":null,\
    "bias_constraint":null
    """

  /// The convolution's config; `more` is what a version adds.
  private static func up(_ more: String) -> String {
    """
    {"class_name":"Conv2DTranspose","config":{"name":"up","trainable":true,"filters":2,"kernel_size":[3,3],\
    "strides":[2,2],"padding":"same","data_format":"channels_last","activation":"linear","use_bias":true,\
    \(initializers),\(regularizers)\(more)}}
    """
  }

  private static func norm(_ className: String, _ axis: String, _ more: String = "") -> String {
    """
    {"class_name":"\(className)","config":{"name":"norm","trainable":true,"axis":\(axis),"momentum":0.99,\
    "epsilon":0.001,"center":true,"scale":true,"beta_initializer":{"class_name":"Zeros","config":{}},\
    "gamma_initializer":{"class_name":"Ones","config":{}},"moving_mean_initializer":{"class_name":"Zeros","config":{}},\
    "moving_variance_initializer":{"class_name":"Ones","config":{}},"beta_regularizer":null,"gamma_regularizer":null,\
    "beta_constraint":null,"gamma_constraint":null\(more)}}
    """
  }

  private static func leaky(_ slope: String, _ more: String = "") -> String {
    "{\"class_name\":\"LeakyReLU\",\"config\":{\"name\":\"act\",\"trainable\":true,\(slope)\(more)}}"
  }

  private static func input(_ config: String) -> String {
    "{\"class_name\":\"InputLayer\",\"config\":{\(config)}}"
  }

  private static let batch = #""batch_input_shape":[null,4,4,3],"dtype":"float32""#
  private static let tf2 = #","dtype":"float32""#

  private static let dialects: [Dialect] = [
    Dialect(
      name: "Keras 2.0: a list of layers, no InputLayer, no dilation_rate",
      document: """
        {"class_name":"Sequential","config":[\(up("," + batch)),\(norm("BatchNormalization", "-1")),\
        \(leaky("\"alpha\":0.20000000298023224"))],"keras_version":"2.0.9","backend":"tensorflow"}
        """),
    Dialect(
      name: "Keras 2.2.2: a list of layers within a list, output_padding",
      document: """
        {"class_name":"Sequential","config":[{"class_name":"Sequential","config":[\
        \(up("," + batch + #","output_padding":null,"dilation_rate":[1,1]"#)),\(norm("BatchNormalization", "-1"))]},\
        \(leaky(#""alpha":{"type":"ndarray","value":0.20000000298023224}"#))],"keras_version":"2.2.2",\
        "backend":"tensorflow"}
        """),
    Dialect(
      name: "Keras 2.2.2: a Model with a Sequential in it",
      document: """
        {"class_name":"Model","config":{"name":"model_1","layers":[\
        {"name":"input_1","class_name":"InputLayer","config":{"batch_input_shape":[null,4,4,3],"dtype":"float32",\
        "sparse":false,"name":"input_1"},"inbound_nodes":[]},\
        {"name":"sequential_1","class_name":"Sequential","config":[\(up("," + batch)),\
        \(norm("BatchNormalization", "-1"))],"inbound_nodes":[[["input_1",0,0,{}]]]},\
        {"name":"act","class_name":"LeakyReLU","config":{"name":"act","trainable":true,"alpha":0.2},\
        "inbound_nodes":[[["sequential_1",1,0,{}]]]}],\
        "input_layers":[["input_1",0,0]],"output_layers":[["act",0,0]]},"keras_version":"2.2.2","backend":"tensorflow"}
        """),
    Dialect(
      name: "Keras 2.3.1: build_input_shape",
      document: sequential(
        [
          up("," + batch + #","output_padding":null,"dilation_rate":[1,1]"#), norm("BatchNormalization", "-1", tf2),
          leaky("\"alpha\":0.20000000298023224", tf2),
        ], "2.3.1", more: #","build_input_shape":[null,4,4,3]"#)),
    Dialect(
      name: "tf.keras of TensorFlow 1.13: BatchNormalizationV1, axis as a list, alpha as an ndarray",
      document: sequential(
        [
          up("," + batch + #","output_padding":null,"dilation_rate":[1,1]"#),
          norm("BatchNormalizationV1", "[3]", tf2), leaky(#""alpha":{"type":"ndarray","value":0.2}"#, tf2),
        ], "2.2.4-tf")),
    Dialect(
      name: "tf.keras of TensorFlow 2.0: BatchNormalizationV2, ndarrays with one element",
      document: sequential(
        [
          up("," + batch + #","output_padding":null,"dilation_rate":{"class_name":"__tuple__","items":[1,1]}"#),
          norm(
            "BatchNormalizationV2", #"{"class_name":"ListWrapper","items":[3]}"#, #","dtype":"float32","renorm":false"#),
          leaky(#""alpha":{"type":"ndarray","values":[0.2]}"#, tf2),
        ], "2.2.4-tf")),
    Dialect(
      name: "Keras 2.4 to 2.15: groups, an InputLayer with ragged, policies as objects",
      document: sequential(
        [
          input(#""batch_input_shape":[null,4,4,3],"dtype":"float32","sparse":false,"ragged":false,"name":"input_1""#),
          up(
            #","dtype":{"class_name":"Policy","config":{"name":"float32"}},"dilation_rate":[1,1],"groups":1,"#
              + #""output_padding":null"#),
          norm("BatchNormalization", "[3]", tf2), leaky("\"alpha\":0.20000000298023224", tf2),
        ], "2.15.0")),
    Dialect(
      name: "tf_keras, the newer format: modules, registered names, build configs",
      document: """
        {"class_name":"Sequential","module":"tf_keras","registered_name":null,"config":{"name":"sequential","layers":[\
        {"module":"tf_keras.layers","class_name":"InputLayer","config":{"batch_input_shape":{"class_name":"TensorShape",\
        "items":[null,4,4,3]},"dtype":"float32","sparse":false,"ragged":false,"name":"input_1","optional":false},\
        "registered_name":null},\(up(#","dtype":"float32","dilation_rate":[1,1],"groups":1,"output_padding":null"#)),\
        \(norm("BatchNormalization", "[3]", #","dtype":"float32","renorm":false,"fused":true,"virtual_batch_size":null"#)),\
        \(leaky(#""alpha":{"class_name":"__numpy__","config":{"value":0.2,"dtype":"float32"}}"#, tf2))]},\
        "keras_version":"2.21.0","backend":"tensorflow","build_config":{"input_shape":[null,4,4,3]}}
        """),
    Dialect(
      name: "Keras 3: policies with modules, negative_slope, synchronized, renorm",
      document: sequential(
        [
          input(
            #""batch_shape":[null,4,4,3],"dtype":"float32","sparse":false,"ragged":false,"name":"x","optional":false"#),
          up(
            #","dtype":{"module":"keras","class_name":"DTypePolicy","config":{"name":"float32"},"registered_name":null,"#
              + #""shared_object_id":1},"dilation_rate":[1,1],"output_padding":null"#),
          norm(
            "BatchNormalization", "-1",
            #","synchronized":false,"renorm":false,"renorm_clipping":null,"renorm_momentum":0.99"#),
          leaky(#""negative_slope":0.2"#, #","activity_regularizer":null"#),
        ], "3.15.1")),
  ]

  private static func model(_ document: String, weights: [UInt8]? = nil) throws -> Model {
    let folder = try TemporaryFolder()
    try folder.write(document, to: "model.json")
    if let weights { try folder.write(weights, to: "weights.safetensors") }
    return try folder.model()
  }

  @Test func `Every dialect of one model gives the same numbers`() throws {
    var generator = SeededGenerator(seed: 11)
    let weights = Safetensors.file([
      ("up/kernel", generator.tensor([3, 3, 2, 3])), ("up/bias", generator.tensor([2])),
      ("norm/gamma", generator.tensor([2])), ("norm/beta", generator.tensor([2])),
      ("norm/moving_mean", generator.tensor([2])),
      ("norm/moving_variance", Tensor(dimensions: [2], elements: [0.5, 2])!),
    ])
    let input = generator.tensor([2, 4, 4, 3])
    var expected: [Float]?
    for dialect in KerasDialectTests.dialects {
      do {
        let output = try KerasDialectTests.model(dialect.document, weights: weights).run(input)
        #expect(output.shape.dimensions == [2, 8, 8, 2], "\(dialect.name)")
        #expect(output.elements == expected ?? output.elements, "\(dialect.name)")
        expected = output.elements
      } catch { Issue.record("\(dialect.name): \(error)") }
    }
    #expect(expected?.contains { $0 < 0 } == true && expected?.contains { $0 > 0 } == true)
  }

  @Test(arguments: [
    (#""groups":2"#, #""groups" is 2, but must be 1"#), (#""groups":true"#, #""groups" is true, but must be 1"#),
    (#""dynamic":true"#, #""dynamic" is true, but must be false"#),
    (#""use_gamma":false"#, #"the key "use_gamma" with the value false, which is not supported"#),
  ])
  func `An option that changes something is refused, whatever its default`(option: String, sentence: String) throws {
    let layer = KerasDialectTests.up("," + KerasDialectTests.batch + "," + option)
    let document = KerasDialectTests.sequential([layer], "2.15.0")
    do {
      _ = try KerasDialectTests.model(document)
      Issue.record("a layer with \(option)")
    } catch { #expect("\(error)".contains(sentence), "\(error)") }
  }

  @Test(arguments: [
    ("ReLU", #""max_value":{"type":"ndarray","value":6.0},"negative_slope":{"type":"ndarray","value":0.0}"#),
    ("ReLU", #""max_value":null,"threshold":{"class_name":"__numpy__","config":{"value":[0.1],"dtype":"float32"}}"#),
    ("ELU", #""alpha":{"type":"ndarray","value":1.0}"#), ("Softmax", #""axis":-1,"robust_masking":true"#),
    ("Activation", #""activation":"softmax_v2""#),
    ("Rescaling", #""scale":{"class_name":"__tensor__","config":{"value":[1,2,3],"dtype":"float32"}},"offset":0.0"#),
    ("Reshape", #""target_shape":{"class_name":"__tuple__","items":[16,3]}"#),
    ("UpSampling2D", #""size":[2,2],"data_format":"channels_last","interpolation":"nearest""#),
    ("Flatten", #""data_format":null"#), ("Dropout", #""rate":0.5,"noise_shape":null,"seed":null"#),
    (
      "Dense",
      #""units":2,"activation":"linear","use_bias":true,"quantization_config":null,"dtype":{"class_name":"PolicyV1","#
        + #""config":{"name":"float32","loss_scale":null}}"#
    ),
    ("SyncBatchNormalization", #""axis":-1,"momentum":0.99"#),
  ])
  func `NumPy's values and Keras's wrappers are read as what they hold`(className: String, options: String) throws {
    let layer = "{\"class_name\":\"\(className)\",\"config\":{\"name\":\"y\",\"trainable\":true,\(options)}}"
    let input = KerasDialectTests.input(#""batch_input_shape":[null,4,4,3],"name":"x","dtype":"float32""#)
    #expect(try KerasDialectTests.model(KerasDialectTests.sequential([input, layer], "2.15.0")).layers.count == 1)
  }

  @Test func `Keras 1 is refused by its version`() throws {
    let document = #"""
      {"class_name":"Sequential","config":[{"class_name":"Dense","config":{"name":"dense_1","output_dim":2,\#
      "init":"glorot_uniform","batch_input_shape":[null,3],"input_dim":3,"bias":true}}],"keras_version":"1.2.2"}
      """#
    #expect(throws: ModelError.tooOldKeras("1.2.2")) { try KerasDialectTests.model(document) }
    #expect("\(ModelError.tooOldKeras("1.2.2"))".contains("load the model with Keras 2.0 or later"))
  }
}
