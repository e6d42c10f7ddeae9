import Foundation
import Testing
import UpconvModels
import UpconvRepository
import UpconvTestSupport

/// What is loaded, what is not and why, at the start and on demand.
@Suite struct ModelRepositoryTests {
  private let folder: ModelFolder

  init() throws { folder = try ModelFolder() }

  @Test func `All models are loaded at the start, the newest version of each`() throws {
    try folder.write("a", weight: 2)
    try folder.write("b/1", weight: 3)
    try folder.write("b/2", weight: 4)
    let running = RunningRepository(folder)
    #expect(try running.weight("a") == 2)
    #expect(try running.weight("b") == 4)
    #expect(running.index == ["a/1 READY", "b/2 READY"])
    #expect(running.repository.health.isComplete)
    #expect(running.repository.health.failed.isEmpty)
    #expect(running.errors.lines.isEmpty)
    let error = #expect(throws: RepositoryError.self) { try running.weight("b", version: 1) }
    #expect(error.map { "\($0)" } == "the model b has no version 1; it serves 2")
    #expect(throws: RepositoryError.self) { try running.weight("c") }
    #expect(throws: RepositoryError.self) { try running.weight("../a") }
  }

  @Test func `The log says where each model's weights come from, and weights under another name are refused`() throws {
    try folder.write("read", weight: 2)
    try folder.write("made/model.json", #"{"seed":7,"# + ModelFolder.document().dropFirst())
    try folder.write("lost/model.json", ModelFolder.document())
    try folder.write("lost/model.weights.h5", "trained")
    let running = RunningRepository(folder)
    #expect(running.errors.loadedModels == ["notice made: initialised from seed 7", "info read: weights.safetensors"])
    let reason =
      "there is no weights.safetensors, but \"model.weights.h5\", which is not read: export the model with "
      + "upconv-export keras; or move it away to have the weights initialised"
    #expect(running.index == ["lost/1 UNAVAILABLE \(reason)", "made/1 READY", "read/1 READY"])
    #expect(running.errors.lines == ["a model could not be loaded: \(reason)"])
    #expect(throws: RepositoryError.self) { try running.weight("lost") }
  }

  @Test func `Each broken model is named with its reason in index and log, and the rest is served`() throws {
    try folder.write("fine/1", weight: 2)
    try folder.write("a_unknown_layer/model.json", ModelFolder.document().replacing("Conv2DTranspose", with: "Conv9D"))
    try folder.write("b_no_json/model.json", "{")
    try folder.write("c_missing/model.json", ModelFolder.document())
    try folder.write("c_missing/weights.safetensors", [2, 0, 0, 0, 0, 0, 0, 0] + Array("{}".utf8))
    try folder.write("d_misshapen", weight: 1)
    try folder.write("d_misshapen/weights.safetensors", ModelFolder.weights(1, channels: 2))
    try folder.write("e_truncated", weight: 1)
    try folder.write("e_truncated/weights.safetensors", ModelFolder.weights(1).dropLast(1))
    try folder.write("f_nan", weight: .nan)
    try folder.write("g_version/first/model.json", "")
    try folder.write("h h/model.json", "")
    try folder.write("i_config", weight: 1)
    try folder.write("i_config/config.json", #"{"max_batch_size": -1}"#)
    try folder.write("j_extra", weight: 1)
    try folder.write(
      "j_extra/weights.safetensors", extraWeights())
    let outside = try ModelFolder()
    try outside.write("m", weight: 1)
    try folder.write("k_link/model.json", ModelFolder.document())
    try folder.link("k_link/weights.safetensors", to: outside.path + "/m/weights.safetensors")
    try folder.link("l_link", to: outside.path + "/m")
    let running = RunningRepository(folder)
    #expect(try running.weight("fine") == 2)
    let reasons = [
      "a_unknown_layer/1": "the layer \"y\" is a \"Conv9D\", which is not supported", "b_no_json/1": "model.json",
      "c_missing/1": "no tensor \"y/kernel\"",
      "d_misshapen/1": "has the shape [1,1,2,2], but the layer needs [1,1,1,1]",
      "e_truncated/1": "weights.safetensors", "f_nan/1": "has the value nan at element 0: weights must be finite",
      "g_version": "a folder \"first\": versions are called by positive whole numbers",
      "h h": "the folder \"h h\" is no model", "i_config": "max_batch_size must be a whole number from 0",
      "j_extra/1": "tensors that no layer has: \"z/kernel\"", "k_link/1": "a link out of the folder",
      "l_link": "l_link is a link that leads out",
    ]
    let index = running.index
    #expect(index.count == reasons.count + 1, "\(index)")
    for (name, reason) in reasons {
      #expect(index.contains { $0.hasPrefix(name + " UNAVAILABLE ") && $0.contains(reason) }, "\(name): \(index)")
      #expect(running.errors.lines.contains { $0.contains(reason) }, "\(name)")
    }
    #expect(!index.contains { $0.contains(folder.path) || $0.contains(outside.path) })
    #expect(running.repository.health.failed.count == reasons.count)
  }

  private func extraWeights() -> [UInt8] {
    let header =
      #"{"y/kernel":{"dtype":"F32","shape":[1,1,1,1],"data_offsets":[0,4]},"z/kernel":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#
    return withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian, Array.init) + Array(header.utf8)
      + [UInt8](repeating: 0, count: 8)
  }

  @Test func `NaN weights are taken where that is allowed`() throws {
    try folder.write("m", weight: .nan)
    let running = RunningRepository(folder) { $0.limits.allowsNonFiniteWeights = true }
    #expect(try running.weight("m").isNaN)
  }

  @Test func `Links within the repository are followed, also those of files`() throws {
    try folder.write(".store/1", weight: 5)
    try folder.write(".store/config.json", #"{"max_batch_size": 3}"#)
    try folder.link("m/1/model.json", to: folder.path + "/.store/1/model.json")
    try folder.link("m/1/weights.safetensors", to: "../../.store/1/weights.safetensors")
    try folder.link("m/config.json", to: "../.store/config.json")
    let running = RunningRepository(folder)
    #expect(running.index == ["m/1 READY"])
    #expect(try running.weight("m") == 5)
    #expect(try running.repository.served("m", version: nil).policy.maxBatchSize == 3)
  }

  @Test func `A configuration that is a pipe, a folder or a link out of the repository is refused, and does not block`()
    throws
  {
    let outside = try ModelFolder()
    try outside.write("config.json", "{}")
    for name in ["a", "b", "c"] { try folder.write(name, weight: 1) }
    #expect(mkfifo(folder.path + "/a/config.json", 0o600) == 0)
    try folder.write("b/config.json/x", "")
    try folder.link("c/config.json", to: outside.path + "/config.json")
    let index = RunningRepository(folder).index
    #expect(index[0].contains("not a regular file"))
    #expect(index[1].contains("not a regular file"))
    #expect(index[2].contains("leads out of the model repository"))
  }

  @Test func `Versions by policy: the newest two, all, some`() throws {
    for version in 1...3 { try folder.write("m/\(version)", weight: Float(version)) }
    for (policy, versions) in [("{\"latest\":2}", [3, 2]), ("\"all\"", [3, 2, 1]), ("{\"specific\":[1]}", [1])] {
      try folder.write("m/config.json", "{\"version_policy\": \(policy)}")
      let running = RunningRepository(folder)
      #expect(try running.repository.versions(of: "m").map(\.version) == versions)
      #expect(try running.weight("m") == Float(versions[0]))
      #expect(try running.weight("m", version: versions.last) == Float(versions.last!))
    }
  }

  @Test func `A model beyond the memory of all is refused, and the others stay`() throws {
    try folder.write("a", weight: 1)
    try folder.write("b", weight: 1, image: [4, 4, 64])
    try folder.write("c", weight: 3)
    let running = RunningRepository(folder) {
      $0.maxModelBytes = 16_000
      $0.limits.maxModelBytes = 16_000
    }
    #expect(running.index.count == 3)
    #expect(
      running.index[1].contains("the model b needs 16384 bytes and the other models take"), "\(running.index)")
    #expect(running.index[1].contains("together at most 16000 are allowed"))
    #expect(try running.weight("a") == 1)
    #expect(try running.weight("c") == 3)
  }

  @Test func `Without a folder there are no models, and that is no failure`() throws {
    let running = RunningRepository(folder) { $0.root = nil }
    #expect(running.index.isEmpty)
    #expect(running.repository.health.isComplete)
    #expect(running.repository.health.failed.isEmpty)
  }

  @Test func `A folder that is not there is a failure`() throws {
    let running = RunningRepository(folder) { $0.root = folder.path + "/none" }
    #expect(running.repository.health.failed == [folder.path + "/none"])
    #expect(running.errors.lines.count == 1)
  }

  // MARK: Explicit

  @Test func `In explicit mode models are loaded and unloaded as they are asked for`() throws {
    try folder.write("a", weight: 1)
    try folder.write("b", weight: 2)
    let running = RunningRepository(folder) {
      $0.mode = .explicit
      $0.initialModels = ["b", "nobody"]
    }
    #expect(running.index[0] == "a UNAVAILABLE unloaded")
    #expect(running.index[1] == "b/1 READY")
    #expect(running.index[2].hasPrefix("nobody UNAVAILABLE there is no model \"nobody\""))
    let error = #expect(throws: RepositoryError.self) { try running.weight("a") }
    #expect(error.map { "\($0)" } == "the model a is not ready: unloaded")
    #expect(running.load("a") == nil)
    #expect(try running.weight("a") == 1)
    try running.repository.unload("a")
    #expect(throws: RepositoryError.self) { try running.weight("a") }
    #expect(throws: RepositoryError.self) { try running.repository.unload("c") }
    #expect(running.load("c") != nil)
  }

  @Test func `A star loads all, and an unloaded model does not keep a strict server from being ready`() throws {
    try folder.write("a", weight: 1)
    try folder.write("b", weight: 2)
    let all = RunningRepository(folder) {
      $0.mode = .explicit
      $0.initialModels = ["*"]
    }
    #expect(all.index == ["a/1 READY", "b/1 READY"])
    let none = RunningRepository(folder) { $0.mode = .explicit }
    #expect(none.index == ["a UNAVAILABLE unloaded", "b UNAVAILABLE unloaded"])
    #expect(none.repository.health.failed.isEmpty)
  }

  @Test func `The index of explicit mode shows folders that have come and gone since the start`() async throws {
    try folder.write("a", weight: 1)
    let running = RunningRepository(folder) { $0.mode = .explicit }
    try folder.write("b", weight: 2)
    try folder.remove("a")
    let names = await withCheckedContinuation { continuation in
      #expect(throws: Never.self) {
        try running.repository.lookForIndex { statuses in continuation.resume(returning: statuses.map(\.name)) }
      }
    }
    #expect(names == ["b"])
  }

  @Test func `Loading again reads what is on disk now, and a version that fails leaves the old one`() throws {
    try folder.write("m/1", weight: 1)
    let running = RunningRepository(folder) {
      $0.mode = .explicit
      $0.initialModels = ["m"]
    }
    let held = try running.repository.served("m", version: nil)
    try folder.write("m/1", weight: 2)
    #expect(running.load("m") == nil)
    #expect(try running.weight("m") == 2)
    // Whoever holds the old one finishes with it.
    #expect(held !== (try running.repository.served("m", version: nil)))
    try folder.write("m/1/weights.safetensors", [1, 2, 3])
    #expect(running.load("m") != nil)
    #expect(try running.weight("m") == 2)
    #expect(running.index[0].hasPrefix("m/1 READY weights.safetensors"))
    try folder.write("m/2/model.json", "{}")
    try folder.write("m/1", weight: 3)
    #expect(running.load("m") != nil)
    #expect(try running.weight("m") == 2, "the policy wants version 2 alone; version 1 stays as it is")
    #expect(running.index[0].hasPrefix("m/2 UNAVAILABLE "))
    try folder.write("m/2", weight: 4)
    #expect(running.load("m") == nil)
    #expect(running.index == ["m/2 READY"])
    #expect(try running.weight("m") == 4)
  }

  @Test(arguments: [ModelControlMode.none, .poll])
  func `Only explicit mode takes orders`(mode: ModelControlMode) throws {
    try folder.write("m", weight: 1)
    let running = RunningRepository(folder) { $0.mode = mode }
    #expect(running.load("m").map { "\($0)" }?.contains("only with --model-control-mode explicit") ?? false)
    #expect(throws: RepositoryError.self) { try running.repository.unload("m") }
    #expect(try running.weight("m") == 1)
  }
}
