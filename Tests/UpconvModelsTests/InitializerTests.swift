import Testing
import UpconvModels
import UpconvTensor

/// Weights that no file has. A layer's kernel is read off what it makes of images with a single one.
@Suite struct InitializerTests {
  /// The kernel of a layer of one pixel, `[inputs][outputs]` in a row: a Dense layer on the unit vectors.
  private func dense(_ inputs: Int, _ units: Int, _ initializer: String, seed: Int? = nil, name: String = "y")
    throws -> [Float]
  {
    let folder = try TemporaryFolder()
    try folder.write(
      """
      {"class_name":"Sequential","config":{"name":"m","layers":[\
      {"class_name":"InputLayer","config":{"name":"x","batch_shape":[null,\(inputs)]}},\
      {"class_name":"Dense","config":{"name":"\(name)","units":\(units),"kernel_initializer":\(initializer)}}]}\
      \(seed.map { ",\"seed\":\($0)" } ?? "")}
      """, to: "model.json")
    var unit = [Float](repeating: 0, count: inputs * inputs)
    for index in 0..<inputs { unit[index * inputs + index] = 1 }
    return try folder.model().run(#require(Tensor(dimensions: [inputs, inputs], elements: unit))).elements
  }

  /// The kernel of a Conv2DTranspose as `[height][width][output]` for one input channel.
  private func transposed(_ kernel: Int, stride: Int, channels: Int = 1, _ initializer: String) throws -> [Float] {
    let folder = try TemporaryFolder()
    try folder.write(
      """
      {"class_name":"Sequential","config":{"name":"m","layers":[\
      {"class_name":"InputLayer","config":{"name":"x","batch_shape":[null,1,1,\(channels)]}},\
      {"class_name":"Conv2DTranspose","config":{"name":"y","filters":\(channels),"kernel_size":\(kernel),\
      "strides":\(stride),"kernel_initializer":\(initializer)}}]}}
      """, to: "model.json")
    var pixel = [Float](repeating: 0, count: channels)
    pixel[0] = 1
    return try folder.model().run(#require(Tensor(dimensions: [1, 1, 1, channels], elements: pixel))).elements
  }

  private func moments(_ numbers: [Float]) -> (mean: Double, deviation: Double, largest: Double) {
    let doubles = numbers.map(Double.init)
    let mean = doubles.reduce(0, +) / Double(doubles.count)
    let variance = doubles.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(doubles.count)
    return (mean, variance.squareRoot(), doubles.map(abs).max() ?? 0)
  }

  /// What a uniform and a truncated normal distribution reach, in deviations.
  private static let uniform = 1.7320508
  private static let truncated = 2.2736947

  /// With 200 inputs and 300 outputs: the variance, and how many deviations the largest number may be.
  private static let spreads: [(initializer: String, variance: Double, reach: Double)] = [
    (#""glorot_uniform""#, 0.004, uniform), (#""glorot_normal""#, 0.004, truncated),
    (#""he_uniform""#, 0.01, uniform), (#""he_normal""#, 0.01, truncated),
    (#""lecun_uniform""#, 0.005, uniform), (#""lecun_normal""#, 0.005, truncated),
    (#"{"class_name":"RandomNormal","config":{"stddev":0.1}}"#, 0.01, 6),
    (#"{"class_name":"RandomUniform","config":{"minval":-0.3,"maxval":0.3}}"#, 0.03, uniform),
    (
      #"{"class_name":"VarianceScaling","config":{"scale":3,"mode":"fan_out","distribution":"untruncated_normal"}}"#,
      0.01, 6
    ),
  ]

  // Of 60,000 numbers the mean is known to 0.4 % of the deviation, the deviation to 0.3 %.
  @Test(arguments: spreads)
  func `Random weights have Keras's variance and range`(
    initializer: String, variance: Double, reach: Double
  ) throws {
    let (mean, deviation, largest) = try moments(dense(200, 300, initializer))
    let expected = variance.squareRoot()
    #expect(abs(mean) < 0.02 * expected)
    #expect(abs(deviation - expected) < 0.02 * expected)
    #expect(largest <= reach * expected * 1.0001)
    // And reaches that far, where the distribution has an end.
    #expect(reach > 5 || largest > 0.97 * reach * expected)
  }

  @Test func `Truncated normals end at two deviations`() throws {
    let (mean, _, largest) = try moments(
      dense(200, 300, #"{"class_name":"TruncatedNormal","config":{"mean":1,"stddev":0.5}}"#))
    #expect(abs(mean - 1) < 0.01)
    #expect(largest <= 2.0001)
  }

  @Test func `Constants are constant`() throws {
    #expect(try dense(3, 2, #""zeros""#) == [Float](repeating: 0, count: 6))
    #expect(try dense(3, 2, #"{"class_name":"Ones","config":{}}"#) == [Float](repeating: 1, count: 6))
    #expect(
      try dense(3, 2, #"{"class_name":"Constant","config":{"value":0.25}}"#) == [Float](repeating: 0.25, count: 6))
  }

  @Test func `The same seed gives the same weights, another seed or name others`() throws {
    let first = try dense(4, 5, #""glorot_uniform""#)
    #expect(try dense(4, 5, #""glorot_uniform""#) == first)
    #expect(try dense(4, 5, #""glorot_uniform""#, seed: 0) == first)
    #expect(try dense(4, 5, #""glorot_uniform""#, seed: 1) != first)
    #expect(try dense(4, 5, #""glorot_uniform""#, name: "z") != first)
    // A seed of the layer's own makes its name and the model's seed nothing.
    let own = #"{"class_name":"GlorotUniform","config":{"seed":3}}"#
    let seeded = try dense(4, 5, own)
    #expect(try dense(4, 5, own, seed: 9, name: "z") == seeded)
    #expect(
      try dense(
        4, 5, #"{"class_name":"GlorotUniform","config":{"seed":{"class_name":"SeedGenerator","config":{"seed":3}}}}"#)
        == seeded)
    // Computed by another program from the same description: any machine must make these.
    #expect(try dense(1, 3, own).map(\.bitPattern) == [0xBF72_64B9, 0x3EFB_3224, 0x3E8D_AF99])
    #expect(
      try dense(1, 2, #"{"class_name":"RandomNormal","config":{"seed":3}}"#).map(\.bitPattern)
        == [0xBD07_5034, 0x3C13_5908])
  }

  @Test func `Bilinear kernels interpolate, each channel by itself`() throws {
    let line: [Float] = [0.25, 0.75, 0.75, 0.25]
    #expect(try transposed(4, stride: 2, #""bilinear""#) == line.flatMap { y in line.map { $0 * y } })
    let three: [Float] = [0.5, 1, 0.5]
    #expect(
      try transposed(3, stride: 2, #"{"class_name":"Bilinear","config":{}}"#)
        == three.flatMap { y in three.map { $0 * y } })
    let channels = try transposed(2, stride: 2, channels: 3, #""bilinear""#)
    #expect(channels == [1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0])
  }

  @Test(arguments: ["bilinear", "icnr"], [(2, 2), (3, 2), (4, 2), (5, 2), (6, 3), (7, 3), (5, 4), (3, 1)])
  func `Every phase of a bilinear or icnr kernel has the same sum`(name: String, size: (kernel: Int, stride: Int))
    throws
  {
    let weights = try transposed(size.kernel, stride: size.stride, "\"\(name)\"")
    var sums = [Double](repeating: 0, count: size.stride * size.stride)
    for y in 0..<size.kernel {
      for x in 0..<size.kernel {
        sums[y % size.stride * size.stride + x % size.stride] += Double(weights[y * size.kernel + x])
      }
    }
    #expect(sums.allSatisfy { abs($0 - sums[0]) < 1e-5 }, "\(sums)")
    #expect(name == "icnr" || abs(sums[0] - 1) < 1e-6)
    #expect(sums[0] != 0)
  }

  @Test func `icnr repeats one small kernel for every phase`() throws {
    let inner = #"{"class_name":"ICNR","config":{"initializer":{"class_name":"HeNormal","config":{"seed":5}}}}"#
    let weights = try transposed(4, stride: 2, inner)
    for y in 0..<4 {
      for x in 0..<4 { #expect(weights[y * 4 + x] == weights[y / 2 * 2 * 4 + x / 2 * 2]) }
    }
    #expect(Set(weights).count == 4)
  }

  @Test(arguments: [
    (#""orthogonal""#, #"its "kernel_initializer" is "orthogonal", but the known ones are glorot_uniform"#),
    (#""bilinear""#, "is only for the kernel of a Conv2DTranspose"),
    (#"{"class_name":"VarianceScaling","config":{"mode":"fan"}}"#, #"its mode "fan" or distribution"#),
    (#"{"class_name":"Constant","config":{"value":"a"}}"#, "its value must be a number"),
    (#"{"class_name":"GlorotUniform","config":{"input_axes":[0]}}"#, "input_axes is not supported"),
  ])
  func `An initializer that is needed and not known is refused`(initializer: String, sentence: String) throws {
    do {
      _ = try dense(2, 2, initializer)
      Issue.record("\(initializer) was taken")
    } catch let error as ModelError {
      #expect("\(error)".contains(sentence), "\(error)")
    }
  }

  @Test func `Beside a file, only a layer whose initializer names a seed is initialised`() throws {
    let folder = try TemporaryFolder()
    func write(_ initializer: String) throws {
      try folder.write(
        """
        {"class_name":"Sequential","config":{"name":"m","layers":[\
        {"class_name":"InputLayer","config":{"name":"x","batch_shape":[null,2]}},\
        {"class_name":"Dense","config":{"name":"a","units":2,"use_bias":false}},\
        {"class_name":"Dense","config":{"name":"b","units":2,"kernel_initializer":\(initializer)}}]}}
        """, to: "model.json")
    }
    let kernel = try #require(Tensor(dimensions: [2, 2], elements: [1, 0, 0, 1]))
    try folder.write(Safetensors.file([(name: "a/kernel", tensor: kernel)]), to: "weights.safetensors")
    try write(#"{"class_name":"Ones","config":{}}"#)
    #expect(throws: ModelError.missingWeight("b/kernel", shape: [2, 2])) { try folder.model() }
    try write(#"{"class_name":"HeNormal","config":{"seed":1}}"#)
    _ = try folder.model()
    // One that has some of its weights must have all.
    try folder.write(
      Safetensors.file([(name: "a/kernel", tensor: kernel), (name: "b/kernel", tensor: kernel)]),
      to: "weights.safetensors")
    #expect(throws: ModelError.missingWeight("b/bias", shape: [2])) { try folder.model() }
  }
}
