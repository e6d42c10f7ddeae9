import UpconvConvolution
import UpconvModels
import UpconvTensor

/// What `upconv models inspect` says about a model, as JSON and as text.
struct ModelReport: Encodable {
  struct Layer: Encodable {
    let name: String
    let className: String
    /// -1 where a length varies.
    let output: [Int]
    let parameters: Int
    /// The algorithm of a convolution, what another step does, `joined` where a neighbour does the layer's work, or
    /// `none`.
    let plan: String
    let estimatedMicroseconds: Double?

    enum CodingKeys: String, CodingKey {
      case name, output, parameters, plan
      case className = "class_name"
      case estimatedMicroseconds = "estimated_microseconds"
    }
  }

  struct Board: Encodable {
    let layer: String
    let overlaps: [[Int]]
    /// Absent where some outputs meet no tap.
    let overlapRatio: Double?
    /// The most uneven output channel, with its outputs for an image of ones by phase.
    let channel: Int
    let gains: [[Double]]
    let unevenness: Double
    /// Of all channels together.
    let meanUnevenness: Double
    /// Absent if no channel shows a pattern.
    let remedy: String?

    enum CodingKeys: String, CodingKey {
      case layer, overlaps, channel, gains, unevenness, remedy
      case overlapRatio = "overlap_ratio"
      case meanUnevenness = "mean_unevenness"
    }
  }

  let name: String
  let input: [Int]
  let output: [Int]
  /// Absent if a tensor is no batch of images, or its order is not known.
  let inputDataFormat: String?
  let outputDataFormat: String?
  let parameters: Int
  /// Where the weights come from.
  let weights: String
  let byteCount: Int
  /// One thread's time for the convolutions of the whole batch.
  let estimatedMicroseconds: Double
  let layers: [Layer]
  let checkerboards: [Board]

  enum CodingKeys: String, CodingKey {
    case name, input, output, parameters, weights, layers, checkerboards
    case inputDataFormat = "input_data_format"
    case outputDataFormat = "output_data_format"
    case byteCount = "byte_count"
    case estimatedMicroseconds = "estimated_microseconds"
  }

  init(_ model: Model, input: Shape) throws(ModelRunError) {
    let plans = try model.plans(for: input)
    name = model.name
    self.input = input.dimensions
    output = plans.last?.output.dimensions ?? input.dimensions
    (inputDataFormat, outputDataFormat) = (model.input.dataFormat, model.output.dataFormat)
    parameters = model.layers.reduce(0) { $0 + $1.parameters }
    weights = "\(model.weightsOrigin)"
    byteCount = model.byteCount
    func microseconds(_ plans: [StagePlan]) -> Double {
      (plans.reduce(0) { $0 + ($1.convolution?.choice.nanoseconds ?? 0) } / 10).rounded() / 100
    }
    estimatedMicroseconds = microseconds(plans)
    layers = model.layers.map { layer in
      let own = plans.filter { $0.layer == layer.name }
      let convolution = own.compactMap(\.convolution).first
      return Layer(
        name: layer.name, className: layer.className, output: layer.outputDimensions.map { $0 ?? -1 },
        parameters: layer.parameters,
        plan: convolution?.algorithm.rawValue ?? own.first?.work ?? (layer.className == "Dropout" ? "none" : "joined"),
        estimatedMicroseconds: convolution == nil ? nil : microseconds(own))
    }
    checkerboards = model.checkerboards.map { board in
      Board(
        layer: board.layer, overlaps: board.overlaps,
        overlapRatio: board.overlapRatio.isFinite ? ModelReport.rounded(board.overlapRatio) : nil,
        channel: board.channel, gains: board.gains.map { $0.map(ModelReport.rounded) },
        unevenness: ModelReport.rounded(board.unevenness),
        meanUnevenness: ModelReport.rounded(board.meanUnevenness), remedy: board.remedy)
    }
  }

  private static func rounded(_ number: Double) -> Double { (number * 10_000).rounded() / 10_000 }

  var text: String {
    var lines = [["layer", "class", "output", "parameters", "plan", "estimate"]]
    for layer in layers {
      lines.append([
        layer.name, layer.className, ModelReport.shape(layer.output), "\(layer.parameters)", layer.plan,
        layer.estimatedMicroseconds.map(PlanReport.time) ?? "",
      ])
    }
    var text = """
      model       \(name)
      input       \(ModelReport.shape(input))\(inputDataFormat.map { " \($0)" } ?? "")
      output      \(ModelReport.shape(output))\(outputDataFormat.map { " \($0)" } ?? "")
      weights     \(weights)
      parameters  \(parameters); \(PlanReport.size(byteCount)) in memory, as given and as packed
      estimate    \(PlanReport.time(estimatedMicroseconds)) on one thread for the convolutions of this input

      \(TextTable.text(lines))
      """
    for board in checkerboards {
      if let remedy = board.remedy { text += "\n" + ModelReport.text(board, remedy) }
    }
    return text
  }

  private static func text(_ board: Board, _ remedy: String) -> String {
    let overlaps = board.overlaps.map { $0.map(String.init).joined(separator: " ") }.joined(separator: " / ")
    let gains = board.gains.map { $0.map { "\($0)" }.joined(separator: " ") }.joined(separator: " / ")
    return """
      checkerboard of \(board.layer)
        taps for each output   \(overlaps), \(board.overlapRatio.map { "most to fewest \($0)" } ?? "some reach none")
        an image of ones gives \(gains) in channel \(board.channel): uneven by \(percent(board.unevenness))
        all channels together  uneven by \(percent(board.meanUnevenness))
        remedy                 \(remedy)

      """
  }

  private static func percent(_ share: Double) -> String { "\((share * 1000).rounded() / 10)%" }

  private static func shape(_ dimensions: [Int]) -> String {
    "[" + dimensions.map { $0 < 0 ? "any" : "\($0)" }.joined(separator: ",") + "]"
  }
}
