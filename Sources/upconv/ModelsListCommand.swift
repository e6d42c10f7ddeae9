import ArgumentParser
import FoundationEssentials
import UpconvModels

/// `upconv models list`: every version of every model, or why it cannot be loaded.
struct ModelsListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List a folder's models: names, versions, shapes, or what is wrong.",
    discussion: "The exit status is 1 where a model cannot be loaded.")

  @Argument(help: "The folder that holds the models' folders.", completion: .directory) var folder: String

  func run() throws {
    var isFolder = false
    guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder else {
      throw ValidationError("\(folder) is not a folder.")
    }
    var lines = [["model", "version", "input", "output", "parameters"]]
    var faults: [String] = []
    for found in ModelFolders.versions(in: folder) {
      do throws(ModelError) {
        let model = try Model(directory: found.path, within: folder)
        lines.append([
          found.name, "\(found.version)", "\(model.input)", "\(model.output)",
          "\(model.layers.reduce(0) { $0 + $1.parameters })",
        ])
      } catch {
        faults.append("\(found.name), version \(found.version): \(error)\n")
      }
    }
    OutputFile.standardOutput.write(TextTable.text(lines))
    guard faults.isEmpty else {
      OutputFile.standardError.write(faults.joined())
      throw ExitCode.failure
    }
  }
}
