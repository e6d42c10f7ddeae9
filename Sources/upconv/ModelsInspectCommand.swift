import ArgumentParser
import FoundationEssentials
import UpconvModels
import UpconvRepository
import UpconvTensor

/// `upconv models inspect`: the layers of a model, how each would be computed, and whether it draws checkerboards.
struct ModelsInspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Show a model's layers, shapes, parameters, plans, estimated time, and its checkerboards.",
    discussion: """
      Heights and widths that vary are taken as 64 unless --size says otherwise.

      upconv models inspect models/pix2pix_up7 --batch 4
      """)

  @Argument(help: "A model's folder, or that of one of its versions; of several versions the newest.")
  var folder: String
  @Option(help: "Images at once.") var batch = 1
  @Option(help: "Height and width of the input where they vary: 64, or 48,64.") var size = "64"
  @Flag(help: "As one JSON object.") var json = false

  func run() throws {
    try LimitOptions.check("--batch", batch, 1...65_536)
    let sizes = size.split(separator: ",").compactMap { Int($0) }.filter { (1...1 << 20).contains($0) }
    guard (1...2).contains(sizes.count), sizes.count == size.split(separator: ",").count else {
      throw ValidationError("--size is \(size), but must be one or two whole numbers.")
    }
    let report: ModelReport
    do {
      let listing = try ModelListing(root: folder, soleName: nil)
      guard listing.folders.count == 1, let found = listing.folders.first else {
        throw ValidationError("\(folder) holds \(listing.folders.count) models: name one of them.")
      }
      guard let newest = found.versions.max(by: { $0.key < $1.key })?.value else {
        throw found.problem ?? .model(.missingFile("model.json"))
      }
      let model = try Model(directory: newest, within: folder)
      report = try ModelReport(model, input: input(of: model, sizes))
    } catch let error as ValidationError {
      throw error
    } catch {
      throw CommandFailure("\(error)")
    }
    guard json else {
      OutputFile.standardOutput.write(report.text)
      return
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    print(String(decoding: try encoder.encode(report), as: UTF8.self))
  }

  /// A shape of the model's input with nothing left open.
  private func input(of model: Model, _ sizes: [Int]) throws -> Shape {
    var rest = sizes
    var dimensions: [Int] = []
    for (axis, length) in model.input.dimensions.enumerated() {
      if let length {
        dimensions.append(length)
      } else if axis == 0 {
        dimensions.append(batch)
      } else {
        dimensions.append(rest.count > 1 ? rest.removeFirst() : rest[0])
      }
    }
    return try Shape(dimensions, limits: model.limits.tensor)
  }
}
