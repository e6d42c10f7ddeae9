import ArgumentParser
import FoundationEssentials
import UpconvConvolution
import UpconvModels
import UpconvRepository
import UpconvService
import UpconvTensor

/// `upconv init`: writes a model of one transposed convolution.
struct InitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init",
    abstract: "Write a model of one transposed convolution, whose weights come from a seed.",
    discussion: """
      The folder gets a model.json as Keras writes it; its weights are made whenever it is loaded, the same from the \
      same seed on every machine.

      upconv init models/up --input any,any,256 --filters 64 --kernel 4 --strides 2 --seed 7
      """)

  @Argument(help: "The model's folder; its last part is the model's name.", completion: .directory) var folder: String
  @Option(help: "Height, width and channels of the input; any for a height or width that varies.") var input: String
  @Option(help: "Channels of the output.") var filters: Int
  @Option(help: "Height and width of the kernel: 4, or 3,5.") var kernel: String
  @Option(help: "Strides: 2, or 2,1.") var strides = "2"
  @Option(help: "same or valid.") var padding = "same"
  @Option(help: "What the layer ends with: linear, relu, tanh, ...") var activation = "linear"
  @Option(help: ArgumentHelp("One of \(LayerTemplate.initializers.joined(separator: ", ")).")) var initializer =
    "glorot_uniform"
  @Option(help: "For the weights that are random.") var seed = 0
  @Option(help: "The input tensor's name.") var inputName = "x"
  @Option(help: "The output tensor's name, and the layer's.") var outputName = "y"
  @Flag(help: "With a bias, which begins as zeros.") var bias = false
  @Flag(help: "Replace a model.json that is there.") var force = false

  func run() throws {
    let name = try names().model
    let lengths = input.split(separator: ",", omittingEmptySubsequences: false).map { $0.filter { $0 != " " } }
    guard lengths.count == 3, lengths[2] != "any",
      lengths.allSatisfy({ $0 == "any" || Int($0).map { (1...1 << 32).contains($0) } ?? false })
    else {
      throw ValidationError(
        "--input is \(input), but must be height, width and channels, such as 64,64,256 or any,any,256.")
    }
    guard ["same", "valid"].contains(padding) else {
      throw ValidationError("--padding is \(padding), but must be same or valid.")
    }
    guard LayerTemplate.initializers.contains(initializer) else {
      throw ValidationError(
        "--initializer is \(initializer), but must be one of \(LayerTemplate.initializers.joined(separator: ", ")).")
    }
    var template = LayerTemplate(
      modelName: name, input: lengths.map { Int($0) }, filters: filters,
      kernel: try InitCommand.pair("--kernel", kernel), strides: try InitCommand.pair("--strides", strides))
    template.isSame = padding == "same"
    template.usesBias = bias
    template.activation = activation
    template.initializer = initializer
    template.seed = seed
    template.inputName = inputName
    template.outputName = outputName
    try write(template)
  }

  private static func pair(_ flag: String, _ text: String) throws -> Spatial {
    let words = text.split(separator: ",", omittingEmptySubsequences: false)
    let numbers = words.compactMap { Int($0) }
    guard (1...2).contains(words.count), numbers.count == words.count else {
      throw ValidationError("\(flag) is \(text), but must be one or two whole numbers.")
    }
    return Spatial(height: numbers[0], width: numbers[numbers.count - 1])
  }

  /// The names of the model and, if the folder is one of its versions, of that.
  private func names() throws -> (model: String, version: String?) {
    let parts = URL(fileURLWithPath: folder).standardizedFileURL.pathComponents
    guard let last = parts.last, last != "/" else { throw ValidationError("\(folder) is no folder of a model") }
    let isVersion = ModelListing.version(last) != nil && parts.count > 2
    let name = isVersion ? parts[parts.count - 2] : last
    guard ModelListing.isModelName(name) else { throw ValidationError("\(RepositoryError.invalidName(name))") }
    return (name, isVersion ? last : nil)
  }

  /// Refuses places from which the server would load something else, or nothing.
  private func checkPlace(_ files: FileManager) throws {
    let entries = (try? files.contentsOfDirectory(atPath: folder)) ?? []
    let weights = entries.filter { $0 == "model.safetensors" }
    if let name = weights.first {
      throw ValidationError("\(folder) holds \(name), the weights of another model: remove it first")
    }
    if let version = entries.filter({ ModelListing.version($0) != nil }).sorted().first {
      throw ValidationError(
        "\(folder) holds versions, such as \(version), which a model.json beside them would hide: "
          + "write another version, such as \(folder)/\((ModelListing.version(version) ?? 0) + 1)")
    }
    let parent = URL(fileURLWithPath: folder).standardizedFileURL.deletingLastPathComponent().path
    if files.fileExists(atPath: parent + "/model.json") {
      throw ValidationError("\(parent) is a model itself, in whose folders the server looks for no other")
    }
  }

  /// Writes the file beside its place, loads it from there as the server does, and only then puts it in place.
  private func write(_ template: LayerTemplate) throws {
    let files = FileManager.default
    let path = folder + "/model.json"
    try checkPlace(files)
    guard force || !files.fileExists(atPath: path) else {
      throw ValidationError("\(path) is there already; --force replaces it.")
    }
    let trial = files.temporaryDirectory.appendingPathComponent("upconv-init-\(UUID().uuidString)")
    defer { try? files.removeItem(at: trial) }
    do {
      try files.createDirectory(at: trial, withIntermediateDirectories: true)
      try Data(template.json.utf8).write(to: trial.appendingPathComponent("model.json"))
      let model = try Model(directory: trial.path)
      try InitCommand.checkSizes(of: model)
      try files.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try Data(template.json.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
      print("\(path): \(model.input) -> \(model.output)")
    } catch let error as ModelError {
      throw ValidationError("\(error)")
    } catch let error as ValidationError {
      throw error
    } catch {
      throw CommandFailure("cannot write \(path)")
    }
  }

  /// Refuses a model of which even one image is more than the server takes.
  private static func checkSizes(of model: Model) throws {
    do {
      for tensor in [model.input, model.output] {
        _ = try Shape(tensor.dimensions.map { $0 ?? 1 }, limits: ServiceConfiguration().tensor)
      }
    } catch { throw ValidationError("one image of \(model.input) -> \(model.output) is too large: \(error)") }
  }
}
