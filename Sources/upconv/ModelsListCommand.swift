import ArgumentParser
import UpconvModels
import UpconvRepository

/// `upconv models list`: every version of every model, or why it cannot be loaded.
struct ModelsListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List a folder's models: names, versions, shapes, or what is wrong.",
    discussion: "The exit status is 1 where a model cannot be loaded.")

  @Argument(help: "The folder that holds the models' folders.", completion: .directory) var folder: String

  func run() throws {
    let listing: ModelListing
    do { listing = try ModelListing(root: folder, soleName: nil) } catch { throw ValidationError("\(error)") }
    var lines = [["model", "version", "input", "output", "parameters", "weights"]]
    var faults: [String] = []
    for found in listing.folders {
      if let problem = found.problem { faults.append("\(found.name): \(problem)\n") }
      for (version, refusal) in found.refusals.sorted(by: { $0.key < $1.key }) {
        faults.append("\(found.name), version \(version): \(refusal)\n")
      }
      for (version, path) in found.versions.sorted(by: { $0.key < $1.key }) {
        do throws(ModelError) {
          let model = try Model(directory: path, within: folder)
          lines.append([
            found.name, "\(version)", "\(model.input)", "\(model.output)",
            "\(model.layers.reduce(0) { $0 + $1.parameters })", "\(model.weightsOrigin)",
          ])
        } catch {
          faults.append("\(found.name), version \(version): \(error)\n")
        }
      }
    }
    OutputFile.standardOutput.write(TextTable.text(lines))
    guard faults.isEmpty else {
      OutputFile.standardError.write(faults.joined())
      throw ExitCode.failure
    }
  }
}
