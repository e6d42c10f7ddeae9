package import UpconvJSON

/// Why a model's `config.json` is refused.
package enum ConfigurationError: Error, CustomStringConvertible {
  case unreadable(reason: String)
  /// A folder, a pipe, a device.
  case notAFile
  case leavesRepository
  case tooLarge(maxBytes: Int)
  case json(JSONError)
  case notAnObject
  case unknownField(String, known: [String])
  case wrongValue(field: String, rule: String)

  package var description: String {
    switch self {
    case .unreadable(let reason): "it cannot be read: \(reason)"
    case .notAFile: "it is not a regular file"
    case .leavesRepository: "it is a link that leads out of the model repository"
    case .tooLarge(let maxBytes): "it is larger than \(maxBytes) bytes"
    case .json(let error): "\(error)"
    case .notAnObject: "it must be a JSON object"
    case .unknownField(let name, let known):
      "unknown field \"\(name)\"; the fields are \(known.joined(separator: ", "))"
    case .wrongValue(let field, let rule): "\(field) must be \(rule)"
    }
  }
}

extension ServingPolicy {
  private static let fields = [
    "max_batch_size", "max_queue_delay_microseconds", "max_queue_size", "default_timeout_microseconds",
    "version_policy",
  ]

  /// The policy with what a model's own `config.json` says instead:
  ///
  ///     {"max_batch_size": 8, "max_queue_delay_microseconds": 500, "max_queue_size": 64,
  ///      "default_timeout_microseconds": 2000000, "version_policy": {"latest": 2}}
  ///
  /// `version_policy` is `"all"`, `{"latest": N}` or `{"specific": [1, 3]}`.
  func changed(by text: String) throws(ConfigurationError) -> ServingPolicy {
    let document: JSONValue
    do { document = try JSONValue.parse(text, limits: JSONLimits(maxDepth: 8)) } catch { throw .json(error) }
    guard case .object(let members) = document else { throw .notAnObject }
    var policy = self
    for member in members {
      switch member.name {
      case "max_batch_size": policy.maxBatchSize = try ServingPolicy.count(member)
      case "max_queue_size": policy.maxQueueSize = try ServingPolicy.count(member, from: 1)
      case "max_queue_delay_microseconds": policy.maxQueueDelay = .microseconds(try ServingPolicy.count(member))
      case "default_timeout_microseconds":
        let microseconds = try ServingPolicy.count(member)
        policy.defaultTimeout = microseconds == 0 ? nil : .microseconds(microseconds)
      case "version_policy": policy.versions = try ServingPolicy.versions(member.value)
      default: throw .unknownField(member.name, known: ServingPolicy.fields)
      }
    }
    return policy
  }

  /// What a policy counts, at most.
  private static let maxCount = 1 << 40

  private static func count(_ member: JSONValue.Member, from least: Int = 0) throws(ConfigurationError) -> Int {
    guard case .number(let number) = member.value, let count = number.integer, least...maxCount ~= count else {
      throw .wrongValue(field: member.name, rule: "a whole number from \(least) to \(maxCount)")
    }
    return count
  }

  private static func versions(_ value: JSONValue) throws(ConfigurationError) -> VersionPolicy {
    let refusal = ConfigurationError.wrongValue(
      field: "version_policy", rule: "\"all\", {\"latest\": N} or {\"specific\": [N, ...]}")
    switch value {
    case .string("all"): return .all
    case .object(let members) where members.count == 1:
      switch (members[0].name, members[0].value) {
      case ("latest", .number(let number)):
        guard let count = number.integer, count > 0 else { throw refusal }
        return .latest(count)
      case ("specific", .array(let elements)):
        var versions: [Int] = []
        for element in elements {
          guard case .number(let number) = element, let version = number.integer else { throw refusal }
          versions.append(version)
        }
        return .specific(versions)
      default: throw refusal
      }
    default: throw refusal
    }
  }
}
