import UpconvConvolution
import UpconvHTTP
import UpconvJSON
import UpconvModels
import UpconvRepository
import UpconvSystem

/// What is said of models without running them, in the words of the Open Inference Protocol and of Triton's extensions.
/// - Source: Open Inference Protocol, REST; Triton's extensions for model configuration, statistics and repository.
enum ModelDescription {
  static let platform = "upconv_keras"

  /// `GET /v2`: only what works is listed.
  static func server(version: String) -> [UInt8] {
    json { writer in
      writer.member("name", "upconv")
      writer.member("version", version)
      writer.member(
        "extensions",
        [
          "binary_tensor_data", "model_configuration", "model_repository", "parameters", "schedule_policy",
          "statistics",
        ])
    }
  }

  /// `GET /v2/models/{m}`
  static func metadata(_ served: ServedModel, versions: [Int]) -> [UInt8] {
    json { writer in
      writer.member("name", served.name)
      writer.member("versions", versions.map(String.init))
      writer.member("platform", platform)
      writer.member("inputs") { $0.array { tensor(served.model.input, &$0) } }
      writer.member("outputs") { $0.array { tensor(served.model.output, &$0) } }
      parameters([("weights", "\(served.model.weightsOrigin)")], &writer)
    }
  }

  /// What the protocol has no member for stands in `parameters`, as it does in requests and answers.
  private static func parameters(_ members: [(name: String, value: String)], _ writer: inout JSONWriter) {
    writer.member("parameters") { writer in
      writer.object { writer in for member in members { writer.member(member.name, member.value) } }
    }
  }

  private static func tensor(_ tensor: ModelTensor, _ writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("name", tensor.name)
      writer.member("datatype", "FP32")
      writer.member("shape", tensor.variableDimensions)
      if let format = tensor.dataFormat { parameters([("data_format", format)], &writer) }
    }
  }

  /// `GET /v2/models/{m}/config`: Triton's ModelConfig, as far as it has a meaning here. With a batch size the
  /// dimensions are those of one image, as Triton has it.
  static func configuration(_ served: ServedModel) -> [UInt8] {
    let policy = served.policy
    // A model of one fixed batch has no batch size to choose, as Triton sees it.
    let hasBatch = policy.maxBatchSize > 0 && served.model.input.variableDimensions.first == -1
    return json { writer in
      writer.member("name", served.name)
      writer.member("platform", platform)
      writer.member("backend", "upconv")
      writer.member("version_policy") { $0.object { versionPolicy(policy.versions, &$0) } }
      writer.member("max_batch_size", hasBatch ? policy.maxBatchSize : 0)
      writer.member("input") { $0.array { configured(served.model.input, hasBatch, isInput: true, &$0) } }
      writer.member("output") { $0.array { configured(served.model.output, hasBatch, isInput: false, &$0) } }
      writer.member("instance_group") { writer in
        writer.array { writer in
          writer.object { writer in
            writer.member("name", "\(served.name)_0")
            writer.member("kind", "KIND_CPU")
            writer.member("count", 1)
          }
        }
      }
      if hasBatch {
        writer.member("dynamic_batching") { writer in
          writer.object { writer in
            writer.member("max_queue_delay_microseconds", policy.maxQueueDelay.nanoseconds / 1000)
            writer.member("preserve_ordering", false)
            writer.member("default_queue_policy") { writer in
              writer.object { writer in
                writer.member("timeout_action", "REJECT")
                writer.member(
                  "default_timeout_microseconds", (policy.defaultTimeout ?? .zero).nanoseconds / 1000)
                writer.member("allow_timeout_override", true)
                writer.member("max_queue_size", policy.maxQueueSize)
              }
            }
          }
        }
      }
      writer.member("model_transaction_policy") { $0.object { $0.member("decoupled", false) } }
    }
  }

  private static func versionPolicy(_ policy: VersionPolicy, _ writer: inout JSONWriter) {
    switch policy {
    case .latest(let count): writer.member("latest") { $0.object { $0.member("num_versions", count) } }
    case .all: writer.member("all") { $0.object { _ in } }
    case .specific(let versions): writer.member("specific") { $0.object { $0.member("versions", versions) } }
    }
  }

  private static func configured(
    _ tensor: ModelTensor, _ hasBatch: Bool, isInput: Bool, _ writer: inout JSONWriter
  ) {
    writer.object { writer in
      writer.member("name", tensor.name)
      writer.member("data_type", "TYPE_FP32")
      if isInput { writer.member("format", format(tensor, hasBatch)) }
      writer.member(
        "dims", hasBatch ? Array(tensor.variableDimensions.dropFirst()) : tensor.variableDimensions)
      if isInput {
        writer.member("is_shape_tensor", false)
        writer.member("optional", false)
      }
    }
  }

  /// Triton's formats of images are for tensors whose batch is not among their dimensions.
  private static func format(_ tensor: ModelTensor, _ hasBatch: Bool) -> String {
    guard hasBatch, let layout = tensor.layout else { return "FORMAT_NONE" }
    return "FORMAT_\(layout.rawValue)"
  }

  /// `GET /v2/models/stats`, and of one model.
  static func statistics(_ models: [ServedModel]) -> [UInt8] {
    json { writer in
      writer.member("model_stats") { writer in
        writer.array { writer in for model in models { statistics(model, &writer) } }
      }
    }
  }

  private static func statistics(_ served: ServedModel, _ writer: inout JSONWriter) {
    let values = served.queue.statistics.current
    writer.object { writer in
      writer.member("name", served.name)
      writer.member("version", "\(served.version)")
      writer.member("last_inference", values.lastInferenceMilliseconds)
      writer.member("inference_count", values.inferenceCount)
      writer.member("execution_count", values.executionCount)
      writer.member("inference_stats") { writer in
        writer.object { writer in
          total("success", values.success, &writer)
          total("fail", values.failure, &writer)
          total("queue", values.queue, &writer)
          total("compute_input", values.computeInput, &writer)
          total("compute_infer", values.computeInfer, &writer)
          total("compute_output", values.computeOutput, &writer)
          total("cache_hit", ModelStatistics.Total(), &writer)
          total("cache_miss", ModelStatistics.Total(), &writer)
        }
      }
      writer.member("response_stats") { $0.object { _ in } }
      writer.member("batch_stats") { writer in
        writer.array { writer in
          for batch in values.batches {
            writer.object { writer in
              writer.member("batch_size", batch.batchSize)
              total("compute_input", batch.computeInput, &writer)
              total("compute_infer", batch.computeInfer, &writer)
              total("compute_output", batch.computeOutput, &writer)
            }
          }
        }
      }
      writer.member("memory_usage") { writer in
        writer.array { writer in
          writer.object { writer in
            writer.member("type", "CPU")
            writer.member("id", 0)
            writer.member("byte_size", served.model.byteCount)
          }
        }
      }
    }
  }

  private static func total(_ name: String, _ total: ModelStatistics.Total, _ writer: inout JSONWriter) {
    writer.member(name) { writer in
      writer.object { writer in
        writer.member("count", total.count)
        writer.member("ns", total.nanoseconds)
      }
    }
  }

  /// `POST /v2/repository/index`
  static func index(_ statuses: [ModelStatus]) -> [UInt8] {
    var writer = JSONWriter()
    writer.array { writer in
      for status in statuses {
        writer.object { writer in
          writer.member("name", status.name)
          if let version = status.version { writer.member("version", "\(version)") }
          writer.member("state", status.state.rawValue)
          writer.member("reason", status.reason)
        }
      }
    }
    return writer.bytes + [UInt8(ascii: "\n")]
  }

  private static func json(_ members: (inout JSONWriter) -> Void) -> [UInt8] {
    var writer = JSONWriter()
    writer.object(members)
    return writer.bytes + [UInt8(ascii: "\n")]
  }
}
