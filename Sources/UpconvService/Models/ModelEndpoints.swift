import UpconvHTTP
import UpconvJSON
import UpconvRepository

/// The resources of models: what each is, and how the repository is told to load and unload.
struct ModelEndpoints: Sendable {
  let repository: ModelRepository
  let configuration: ServiceConfiguration

  func decide(
    _ head: RequestHead, _ name: String, _ version: Int?, _ resource: Endpoint.ModelResource
  ) throws(ServiceError) -> Decision {
    let served = try served(name, version)
    switch resource {
    case .infer:
      guard head.framing != .none else { throw .missingLength }
      return .receive(try InferenceReceiver(head, served, configuration))
    case .metadata:
      return .respond(.json(ModelDescription.metadata(served, versions: try versions(name).map(\.version))))
    case .ready:
      var writer = JSONWriter()
      writer.object { writer in
        writer.member("name", name)
        writer.member("ready", true)
      }
      return .respond(.json(writer.bytes))
    case .config: return .respond(.json(ModelDescription.configuration(served)))
    case .stats:
      return .respond(.json(ModelDescription.statistics(version == nil ? try versions(name) : [served])))
    }
  }

  /// Those that can be used.
  func names() -> Response {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("models", Set(repository.allServed.map(\.name)).sorted())
    }
    return .json(writer.bytes)
  }

  func statistics() -> Response { .json(ModelDescription.statistics(repository.allServed)) }

  /// `{"ready": true}` leaves only what can be used.
  func index() throws(ServiceError) -> Decision {
    let repository = repository
    return .receive(
      try SmallContent(configuration.memory) { members throws(ServiceError) in
        var isReadyOnly = false
        if let value = members.first(where: { $0.name == "ready" })?.value, !value.isNull {
          guard case .bool(let bool) = value else {
            throw .inference(.wrongValue(field: "ready", value: value.excerpt, rule: "true or false"))
          }
          isReadyOnly = bool
        }
        return .later(
          Deferral { [isReadyOnly] cancellation, complete in
            do throws(RepositoryError) {
              try repository.lookForIndex(cancellation: cancellation) { statuses in
                let wanted = statuses.filter { !isReadyOnly || $0.state == .ready }
                complete(.json(ModelDescription.index(wanted)))
              }
              return nil
            } catch { return Problem(.repository(error)).response }
          })
      })
  }

  func change(_ name: String, _ action: Endpoint.RepositoryAction) throws(ServiceError) -> Decision {
    let repository = repository
    return .receive(
      try SmallContent(configuration.memory) { members throws(ServiceError) in
        switch action {
        case .load:
          if case .object(let parameters)? = members.first(where: { $0.name == "parameters" })?.value,
            let first = parameters.first(where: { !$0.value.isNull })
          {
            // Triton takes a configuration and whole files here; files come from the folder alone.
            throw .inference(
              .unsupportedParameter(field: "parameters.\(first.name)", extension: "model_repository (with parameters)"))
          }
          return .later(
            Deferral { _, complete in
              repository.load(name) { error in
                complete(error.map { Problem(.repository($0)).response } ?? Response(status: .ok))
              }
              return nil
            })
        case .unload:
          do throws(RepositoryError) { try repository.unload(name) } catch { throw .repository(error) }
          return .respond(Response(status: .ok))
        }
      })
  }

  func served(_ name: String, _ version: Int?) throws(ServiceError) -> ServedModel {
    do { return try repository.served(name, version: version) } catch { throw .repository(error) }
  }

  private func versions(_ name: String) throws(ServiceError) -> [ServedModel] {
    do { return try repository.versions(of: name) } catch { throw .repository(error) }
  }
}

extension Response {
  /// 200 with a JSON document that no cache may keep.
  static func json(_ bytes: [UInt8]) -> Response {
    var fields = HTTPFields()
    fields.append("content-type", "application/json")
    fields.append("cache-control", "no-store")
    return Response(status: .ok, fields: fields, content: .bytes(bytes))
  }
}
