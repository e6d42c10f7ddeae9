import UpconvHTTP
import UpconvJSON
import UpconvModels
import UpconvRepository

/// TensorFlow Serving's REST interface over the same models.
/// - Source: TensorFlow Serving, RESTful API.
struct PredictionEndpoints: Sendable {
  let models: ModelEndpoints

  func decide(
    _ head: RequestHead, _ name: String, _ version: Int?, _ resource: Endpoint.PredictionResource
  ) throws(ServiceError) -> Decision {
    switch resource {
    case .predict:
      guard head.framing != .none else { throw .missingLength }
      return .receive(try PredictionReceiver(head, try models.served(name, version), models.configuration))
    case .metadata: return .respond(.json(PredictionEndpoints.metadata(try models.served(name, version))))
    case .status: return .respond(.json(try status(name, version)))
    }
  }

  /// `{"model_version_status": [...]}`, the highest version first.
  private func status(_ name: String, _ version: Int?) throws(ServiceError) -> [UInt8] {
    let all = models.repository.index.filter { $0.name == name }
    guard !all.isEmpty else { throw .repository(.unknownModel(name)) }
    // What is wrong besides versions has no place here, unless there is nothing else.
    let versions = all.filter { $0.version != nil }
    let statuses = version == nil ? (versions.isEmpty ? all : versions) : all.filter { $0.version == version }
    if let version, statuses.isEmpty {
      throw .repository(.unknownVersion(model: name, version: version, known: all.compactMap(\.version)))
    }
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("model_version_status") { writer in
        writer.array { writer in
          for status in statuses { PredictionEndpoints.status(status, &writer) }
        }
      }
    }
    return writer.bytes
  }

  private static func status(_ status: ModelStatus, _ writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("version", "\(status.version ?? 0)")
      writer.member("state", state(status.state))
      writer.member("status") { writer in
        writer.object { writer in
          writer.member("error_code", status.state == .unavailable ? "FAILED_PRECONDITION" : "OK")
          writer.member("error_message", status.reason)
        }
      }
    }
  }

  private static func state(_ state: ModelStatus.State) -> String {
    switch state {
    case .loading: "LOADING"
    case .ready: "AVAILABLE"
    case .unavailable: "END"
    }
  }

  /// The one signature, as protobuf's JSON has it: 64-bit numbers are strings.
  private static func metadata(_ served: ServedModel) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("model_spec") { writer in
        writer.object { writer in
          writer.member("name", served.name)
          writer.member("signature_name", "")
          writer.member("version", "\(served.version)")
        }
      }
      writer.member("metadata") { writer in
        writer.object { writer in
          writer.member("signature_def") { writer in
            writer.object { writer in
              writer.member("signature_def") { $0.object { signature(served.model, &$0) } }
            }
          }
        }
      }
    }
    return writer.bytes
  }

  private static func signature(_ model: Model, _ writer: inout JSONWriter) {
    writer.member("serving_default") { writer in
      writer.object { writer in
        writer.member("inputs") { $0.object { tensor(model.input, &$0) } }
        writer.member("outputs") { $0.object { tensor(model.output, &$0) } }
        writer.member("method_name", "tensorflow/serving/predict")
      }
    }
  }

  private static func tensor(_ tensor: ModelTensor, _ writer: inout JSONWriter) {
    writer.member(tensor.name) { writer in
      writer.object { writer in
        writer.member("dtype", "DT_FLOAT")
        writer.member("tensor_shape") { writer in
          writer.object { writer in
            writer.member("dim") { writer in
              writer.array { writer in
                for dimension in tensor.variableDimensions {
                  writer.object { writer in
                    writer.member("size", "\(dimension)")
                    writer.member("name", "")
                  }
                }
              }
            }
            writer.member("unknown_rank", false)
          }
        }
        writer.member("name", tensor.name)
      }
    }
  }
}
