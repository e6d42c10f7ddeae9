import UpconvConvolution
import UpconvKernels
import UpconvTensor

/// What `upconv explain` says about a plan, as JSON and as text.
struct PlanReport: Encodable {
  let inputShape: [Int]
  let filtersShape: [Int]
  let outputShape: [Int]
  let algorithm: String
  /// What the algorithm does, for a reader who does not know its name. Not part of the JSON.
  let summary: String
  let instructionSet: String
  /// One thread's time for the whole batch by each algorithm that can compute the layer, as the cost model has it.
  let estimatedMicroseconds: [String: Double]
  /// Products that the definition asks for, none with an inserted zero, and those that the algorithm multiplies.
  let multiplyAdds: Int
  /// The activation, and how many multiply-adds take as long as one output's.
  let activation: String
  let activationMultiplyAdds: Double
  let wastedShare: Double
  let filtersBytes: Int
  let packedBytes: Int
  let tableBytes: Int
  let scratchBytesPerThread: Int
  let units: Int

  enum CodingKeys: String, CodingKey {
    case algorithm, units, activation
    case inputShape = "input_shape"
    case filtersShape = "filters_shape"
    case outputShape = "output_shape"
    case instructionSet = "instruction_set"
    case estimatedMicroseconds = "estimated_microseconds"
    case multiplyAdds = "multiply_adds"
    case wastedShare = "wasted_share"
    case activationMultiplyAdds = "activation_multiply_adds"
    case filtersBytes = "filters_bytes"
    case packedBytes = "packed_bytes"
    case tableBytes = "table_bytes"
    case scratchBytesPerThread = "scratch_bytes_per_thread"
  }

  init(_ plan: ConvolutionPlan, filters: Shape) {
    inputShape = plan.inputShape.dimensions
    filtersShape = filters.dimensions
    outputShape = plan.outputShape.dimensions
    algorithm = plan.algorithm.rawValue
    summary = PlanReport.summary(of: plan.algorithm)
    instructionSet = plan.instructionSet.rawValue
    estimatedMicroseconds = Dictionary(
      plan.choice.estimates.map { ($0.algorithm.rawValue, ($0.nanoseconds / 10).rounded() / 100) },
      uniquingKeysWith: { first, _ in first })
    multiplyAdds = plan.multiplyAdds
    activation = plan.activation.name
    activationMultiplyAdds = plan.activation.multiplyAdds
    wastedShare = (plan.wastedShare * 10_000).rounded() / 10_000
    filtersBytes = filters.elementCount * MemoryLayout<Float>.stride
    packedBytes = plan.packedBytes
    tableBytes = plan.tableBytes
    scratchBytesPerThread = plan.scratchBytesPerThread
    units = plan.unitCount
  }

  var text: String {
    let others = estimatedMicroseconds.filter { $0.key != algorithm }.sorted { $0.value < $1.value }
      .map { "\($0.key) \(PlanReport.time($0.value))" }
    let waste =
      wastedShare >= 0
      ? "of those that the algorithm computes, \(PlanReport.percent(wastedShare)) are wasted on borders and remainders"
      : "the algorithm saves \(PlanReport.percent(-wastedShare / (1 - wastedShare))) of them"
    return """
      input      \(Shape.text(inputShape))
      filters    \(Shape.text(filtersShape))
      output     \(Shape.text(outputShape))
      algorithm  \(algorithm): \(summary); instruction set \(instructionSet)
      time       \(PlanReport.time(estimatedMicroseconds[algorithm] ?? 0)) estimated on one thread\
      \(others.isEmpty ? "" : "; by other algorithms: \(others.joined(separator: ", "))")
      work       \(PlanReport.grouped(multiplyAdds)) multiply-adds by the definition; \(waste)
      activation \(activationText)
      memory     filters \(PlanReport.size(filtersBytes)) as given and \(PlanReport.size(packedBytes)) as the algorithm \
      reads them; \(PlanReport.size(scratchBytesPerThread)) scratch for each thread; \
      \(PlanReport.size(tableBytes)) of offset tables
      threads    the work is cut into \(units) \(units == 1 ? "part: one thread computes it" : "parts that threads share")

      """
  }

  /// Thousands apart, so that large numbers can be read.
  private static func grouped(_ number: Int) -> String {
    var text = ""
    for (index, digit) in String(number).reversed().enumerated() {
      if index > 0, index % 3 == 0 { text.append(",") }
      text.append(digit)
    }
    return String(text.reversed())
  }

  private static func summary(of algorithm: Algorithm) -> String {
    switch algorithm {
    case .direct: "each output's products are summed one after another"
    case .phases: "a matrix product for each position of an output pixel modulo the strides"
    case .rows: "neighbouring output pixels of a row are merged into one matrix product"
    case .pixels: "vectors run along the image instead of along the channels"
    case .winograd: "Winograd's minimal filtering, with fewer multiplications than the definition"
    case .strassen: "Strassen's matrix product, with seven multiplications for eight"
    }
  }

  private var activationText: String {
    activationMultiplyAdds == 0
      ? "\(activation), at no extra cost"
      : "\(activation), which takes as long as \(Int(activationMultiplyAdds)) multiply-adds for each output"
  }

  private static func percent(_ share: Double) -> String { "\((share * 1000).rounded() / 10)%" }

  static func time(_ microseconds: Double) -> String {
    microseconds < 1000
      ? "\((microseconds * 10).rounded() / 10) µs" : "\((microseconds / 10).rounded() / 100) ms"
  }

  static func size(_ bytes: Int) -> String {
    switch bytes {
    case ..<1024: "\(bytes) B"
    case ..<(1 << 20): "\((Double(bytes) / 102.4).rounded() / 10) KiB"
    default: "\((Double(bytes) / 1_048_576 * 10).rounded() / 10) MiB"
    }
  }
}
