import Foundation
import Testing
import UpconvTestSupport

@testable import UpconvRepository

/// What a repository in poll mode makes of a folder that changes.
@Suite struct PollTests {
  private let folder: ModelFolder

  init() throws { folder = try ModelFolder() }

  private func polling() -> RunningRepository {
    RunningRepository(folder) {
      $0.mode = .poll
      $0.pollInterval = .milliseconds(20)
    }
  }

  @Test func `Changed weights, new versions, new models and models that go are found`() throws {
    try folder.write("m/1", weight: 1)
    let running = polling()
    #expect(try running.weight("m") == 1)
    try folder.write("m/1", weight: 2)
    #expect(running.eventually { (try? running.weight("m")) == 2 })
    try folder.write("m/2", weight: 3)
    #expect(running.eventually { running.index == ["m/2 READY"] })
    try folder.write("n", weight: 4)
    #expect(running.eventually { (try? running.weight("n")) == 4 })
    try folder.remove("m")
    #expect(running.eventually { running.index == ["n/1 READY"] })
    #expect(running.errors.lines.isEmpty)
  }

  @Test func `A version that fails leaves the old one, says why once, and is tried again when it changes`() throws {
    try folder.write("m/1", weight: 1)
    let running = polling()
    try folder.write("m/2", weight: .nan)
    #expect(running.eventually { running.index.count == 2 && running.index[0].hasPrefix("m/2 UNAVAILABLE ") })
    #expect(running.index[0].contains("weights must be finite"))
    #expect(running.index[1] == "m/1 READY")
    #expect(try running.weight("m") == 1)
    usleep(200_000)
    #expect(running.errors.lines.count == 1)
    try folder.write("m/2", weight: 2)
    #expect(running.eventually { running.index == ["m/2 READY"] })
    #expect(try running.weight("m") == 2)
  }

  @Test func `A configuration that is broken leaves what is served, and one that is mended takes over`() throws {
    try folder.write("m", weight: 1)
    let running = polling()
    try folder.write("m/config.json", "{")
    #expect(running.eventually { running.index.count == 2 })
    #expect(running.index[0] == "m/1 READY")
    #expect(running.index[1].hasPrefix("m UNAVAILABLE config.json of the model m: "))
    try folder.write("m/config.json", #"{"max_batch_size": 5}"#)
    #expect(
      running.eventually {
        (try? running.repository.served("m", version: nil).policy.maxBatchSize) == 5
          && running.index == ["m/1 READY"]
      })
  }

  @Test func `What is written while looks go on is read once two of them found it the same`() throws {
    try folder.write("m/1/model.json", ModelFolder.document())
    func fingerprint() -> FolderFingerprint {
      FolderFingerprint(versionPath: folder.path + "/m/1", modelPath: folder.path + "/m")
    }
    var table = RepositoryTable()
    func look() -> Bool { table.beginReading("m", 1, fingerprint(), .whenRested) }
    #expect(!look())
    #expect(table.statuses.map(\.state) == [.loading])
    // Weights come in pieces, under another name at first; without this rule the model would be served with initialised
    // ones by now.
    let weights = ModelFolder.weights(7)
    for (name, end) in [("tmp.x7", 1), ("tmp.x7", 40), ("weights.safetensors", 40), ("weights.safetensors", 99)] {
      try folder.write("m/1/" + name, Array(weights.prefix(end)))
      let isDue = look()
      #expect(!isDue)
    }
    #expect(look())
    #expect(!look(), "it is read once")
    let isReadOnDemand = table.beginReading("m", 1, fingerprint(), .always)
    #expect(isReadOnDemand, "unless somebody asks for it")
  }

  @Test func `A file of the same size and date is another`() throws {
    try folder.write("m/1", weight: 1)
    func fingerprint() -> FolderFingerprint {
      FolderFingerprint(versionPath: folder.path + "/m/1", modelPath: folder.path + "/m")
    }
    let file = folder.path + "/m/1/weights.safetensors"
    let date = try FileManager.default.attributesOfItem(atPath: file)[.modificationDate]
    let before = fingerprint()
    #expect(fingerprint() == before)
    try folder.write("m/1", weight: 2)
    try FileManager.default.setAttributes([.modificationDate: date as Any], ofItemAtPath: file)
    #expect(fingerprint() != before)
    let changed = fingerprint()
    try folder.write("m/config.json", "{}")
    #expect(fingerprint() != changed)
  }
}
