import Testing

@testable import UpconvRepository

/// A model's own `config.json`.
@Suite struct ServingPolicyTests {
  @Test func `What the file says takes the place of what the flags say, and nothing else`() throws {
    var flags = ServingPolicy()
    flags.maxQueueSize = 7
    let policy = try flags.changed(
      by: """
        {"max_batch_size": 8, "max_queue_delay_microseconds": 500, "default_timeout_microseconds": 2000000,
         "version_policy": {"latest": 2}}
        """)
    #expect(policy.maxBatchSize == 8)
    #expect(policy.maxQueueDelay == .microseconds(500))
    #expect(policy.maxQueueSize == 7)
    #expect(policy.defaultTimeout == .seconds(2))
    #expect(policy.versions == .latest(2))
    #expect(try flags.changed(by: "{}") == flags)
    #expect(try policy.changed(by: #"{"default_timeout_microseconds": 0}"#).defaultTimeout == nil)
  }

  @Test(
    arguments: [
      (#""all""#, [3, 2, 1]), (#"{"latest": 1}"#, [3]), (#"{"latest": 9}"#, [3, 2, 1]),
      (#"{"specific": [1, 3, 8]}"#, [3, 1]), (#"{"specific": []}"#, []),
    ] as [(String, [Int])])
  func `A version policy chooses of what is there`(text: String, versions: [Int]) throws {
    let policy = try ServingPolicy().changed(by: #"{"version_policy": \#(text)}"#)
    #expect(policy.versions.chosen(from: [2, 3, 1]) == versions)
  }

  @Test(
    arguments: [
      ("[]", "it must be a JSON object"), ("", "document"), ("{", "byte 1"),
      (#"{"max_batch": 1}"#, "unknown field \"max_batch\"; the fields are max_batch_size"),
      (#"{"max_batch_size": -1}"#, "max_batch_size must be a whole number from 0"),
      (#"{"max_batch_size": 1.5}"#, "max_batch_size must be a whole number from 0"),
      (#"{"max_queue_size": "1"}"#, "max_queue_size must be a whole number from 1"),
      (#"{"max_queue_size": 0}"#, "max_queue_size must be a whole number from 1"),
      (#"{"version_policy": "newest"}"#, "version_policy must be \"all\""),
      (#"{"version_policy": {"latest": 0}}"#, "version_policy must be \"all\""),
      (#"{"version_policy": {"specific": [1.5]}}"#, "version_policy must be \"all\""),
      (#"{"max_batch_size": 1, "max_batch_size": 2}"#, "max_batch_size"),
    ])
  func `A wrong file is refused with its field and the rule`(text: String, sentence: String) {
    let error = #expect(throws: ConfigurationError.self) { try ServingPolicy().changed(by: text) }
    #expect(error.map(String.init(describing:))?.contains(sentence) ?? false, "\(String(describing: error))")
  }
}
