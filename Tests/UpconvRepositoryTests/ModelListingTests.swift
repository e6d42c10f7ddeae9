import Foundation
import Testing
import UpconvTestSupport

@testable import UpconvRepository

/// What a folder says of models by its names alone.
@Suite struct ModelListingTests {
  private let folder: ModelFolder

  init() throws { folder = try ModelFolder() }

  private func listing(soleName: String? = nil) throws -> [ModelListing.Folder] {
    try ModelListing(root: folder.path, soleName: soleName).folders
  }

  @Test func `Models are found by name, versions by number`() throws {
    try folder.write("b/2/model.json", "")
    try folder.write("b/10/model.json", "")
    try folder.write("a/model.json", "")
    let folders = try listing()
    #expect(folders.map(\.name) == ["a", "b"])
    #expect(folders[0].versions == [1: folder.path + "/a"])
    #expect(folders[1].versions.keys.sorted() == [2, 10])
    #expect(folders.allSatisfy { $0.problem == nil && $0.refusals.isEmpty })
  }

  @Test func `A root that is itself a model is called as its folder, or as it is told`() throws {
    try folder.write("model.json", "")
    #expect(try listing().map(\.name) == [folder.url.lastPathComponent])
    #expect(try listing(soleName: "m").map(\.name) == ["m"])
    #expect(try listing(soleName: "m")[0].versions == [1: folder.path])
  }

  @Test func `A root of versions is one model`() throws {
    try folder.write("3/model.json", "")
    try folder.write("4/weights.safetensors", "")
    #expect(try listing(soleName: "m")[0].versions.keys.sorted() == [3, 4])
  }

  @Test func `Files, hidden folders and lost+found are no models`() throws {
    try folder.write("README.md", "")
    try folder.write("..data/1/model.json", "")
    try folder.write("lost+found/x", "")
    #expect(try listing().isEmpty)
  }

  @Test(arguments: ["a b", "ä", "a\"b", "a\\b", "a:b", "a%2Fb"])
  func `A folder that no request could name is refused, by name`(name: String) throws {
    try folder.write(name + "/1/model.json", "")
    let found = try #require(try listing().first)
    #expect(found.versions.isEmpty)
    #expect("\(try #require(found.problem))".contains("the folder \"\(name)\" is no model"))
  }

  @Test(arguments: ["01", "v1", "1.0", "-1", "0", "99999999999999999999"])
  func `A folder that is no number is said, and other versions stay`(name: String) throws {
    try folder.write("m/\(name)/model.json", "")
    try folder.write("m/7/model.json", "")
    let found = try #require(try listing().first)
    #expect(found.versions.keys.sorted() == [7])
    #expect("\(try #require(found.problem))".contains("\"\(name)\": versions are called by positive whole numbers"))
  }

  @Test func `A model without a version says so`() throws {
    try folder.write("m/notes.txt", "")
    #expect("\(try #require(try listing().first?.problem))".contains("neither a model.json nor a folder of a version"))
  }

  @Test func `Links within the repository are followed, and links out of it refused without the machine's path`() throws
  {
    let outside = try ModelFolder()
    try outside.write("1/model.json", "")
    try folder.write("m/.v1/model.json", "")
    try folder.link("m/1", to: ".v1")
    try folder.link("m/2", to: outside.path + "/1")
    try folder.link("n", to: "m")
    try folder.link("o", to: outside.path)
    let folders = try listing()
    #expect(folders.map(\.name) == ["m", "n", "o"])
    #expect(folders[0].versions.keys.sorted() == [1])
    #expect(folders[1].versions.keys.sorted() == [1])
    let refusals = [folders[0].refusals[2], folders[2].problem].compactMap { $0.map(String.init(describing:)) }
    #expect(
      refusals == [
        "m/2 is a link that leads out of the model repository", "o is a link that leads out of the model repository",
      ])
  }

  @Test func `A folder beside the root, whose name only begins like it, is outside`() throws {
    let beside = folder.path + "-beside"
    #expect(!FilePath.isWithin(beside, folder.path))
    #expect(FilePath.isWithin(folder.path + "/m", folder.path))
    #expect(FilePath.isWithin("/m", "/"))
  }

  @Test func `A root that is not there is an error`() throws {
    #expect(throws: RepositoryError.self) { try ModelListing(root: folder.path + "/none", soleName: nil) }
  }
}
