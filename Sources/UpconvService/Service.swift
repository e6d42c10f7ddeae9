import Synchronization
package import UpconvAccess
import UpconvConvolution
package import UpconvHTTP
import UpconvMetrics
import UpconvPage
package import UpconvRepository

/// The service itself: every request's head arrives here, and is led to its endpoint.
package final class Service: RequestHandler {
  private let configuration: ServiceConfiguration
  private let layers: LayerCache
  private let repository: ModelRepository
  private let models: ModelEndpoints
  private let observation: Observation
  private let access: AccessControl
  private let ready = Atomic(true)

  package init(
    _ configuration: ServiceConfiguration, repository: ModelRepository, observation: Observation,
    access: AccessControl = AccessControl()
  ) {
    self.configuration = configuration
    self.access = access
    self.observation = observation
    observation.registry.add { [codings = configuration.codings] in codings.write(to: &$0) }
    observation.observe(configuration.memory)
    observation.registry.add { text in ModelMetrics.write(repository.allServed, to: &text) }
    self.repository = repository
    models = ModelEndpoints(repository: repository, configuration: configuration)
    layers = LayerCache(limits: configuration.convolution, maxBytes: configuration.maxLayerCacheBytes)
  }

  /// From here on `/v2/health/ready` says no: for a server that is about to stop.
  package func stopBeingReady() { ready.store(false, ordering: .relaxed) }

  package func begin(_ head: RequestHead, from peer: NetworkAddress) -> Decision {
    let decision: Decision
    do throws(ServiceError) {
      decision = compressed(try decide(head, from: peer), head)
    } catch { decision = .respond(Problem(error).response) }
    guard let crossOrigin = access.crossOrigin else { return decision }
    return crossOrigin.opened(decision, to: head)
  }

  package func isHealthProbe(_ head: RequestHead) -> Bool {
    guard case .resource(let path) = head.target, let endpoint = Endpoint(path) else { return false }
    switch endpoint {
    case .live, .ready: return true
    default: return false
    }
  }

  package func refuse(_ refusal: Refusal, to head: RequestHead?) -> Response {
    observation.noteRefusal(refusal)
    let response = Problem(.refused(refusal)).response
    guard let head, let crossOrigin = access.crossOrigin else { return response }
    return crossOrigin.opened(response, to: head)
  }

  package func ended(_ exchange: EndedExchange) {
    observation.note(exchange, route: Service.route(exchange.head), token: access.tokenName)
  }

  private static func route(_ head: RequestHead?) -> String {
    guard case .resource(let path)? = head?.target, let endpoint = Endpoint(path) else {
      return Endpoint.unknownRoute
    }
    return endpoint.route
  }

  /// Returns the decision with a large document in the coding that the client prefers.
  private func compressed(_ decision: Decision, _ head: RequestHead) -> Decision {
    guard case .respond(var response) = decision, response.status == .ok, !response.sharesContent,
      case .bytes(let bytes) = response.content, bytes.count >= configuration.minGzipBytes
    else { return decision }
    response.fields.append("vary", "Accept-Encoding")
    let delivery = AnswerDelivery(
      accepts: AcceptEncoding(head.fields.values(of: "accept-encoding")), minGzipBytes: configuration.minGzipBytes,
      codings: configuration.codings)
    return .respond(delivery.response(bytes, fields: response.fields))
  }

  /// As Prometheus asks for it; the older text format for whoever says nothing.
  private func metrics(_ requested: HTTPFields) -> Response {
    // With every parameter that Prometheus names: a range fits only an offer that has its parameters.
    let offers = ["text/plain; version=0.0.4", "application/openmetrics-text; version=1.0.0; escaping=allow-utf-8"]
    let accept = requested.values(of: "accept")
    let best = accept.isEmpty ? nil : AcceptList(accept).best(of: offers.compactMap { MediaType($0) })
    let format: MetricsText.Format = best?.subtype == "openmetrics-text" ? .openMetrics : .prometheus
    var fields = HTTPFields()
    fields.append("content-type", format.mediaType)
    fields.append("vary", "Accept")
    fields.append("cache-control", "no-store")
    return Response(status: .ok, fields: fields, content: .bytes(observation.registry.text(format)))
  }

  /// The one place where it is decided who may do what: nothing is looked at before but the path.
  private func check(
    _ head: RequestHead, from peer: NetworkAddress, for rule: AccessRule
  ) throws(ServiceError) {
    do { try access.check(head, from: peer, for: rule) } catch { throw .access(error) }
  }

  private func decide(_ head: RequestHead, from peer: NetworkAddress) throws(ServiceError) -> Decision {
    guard case .resource(let path) = head.target else {
      try check(head, from: peer, for: .open)
      return .respond(options([.get, .head, .options, .post], head))
    }
    let endpoint = Endpoint(path)
    // A browser asks by OPTIONS whether it may send a token, and does not send it yet.
    try check(head, from: peer, for: head.method == .options ? .open : endpoint?.access ?? .open)
    guard let endpoint else { throw .notFound(path: "/" + path.segments.joined(separator: "/")) }
    if head.method == .options { return .respond(options(endpoint.methods, head)) }
    guard endpoint.methods.contains(head.method) else {
      throw .methodNotAllowed(method: head.method, allowed: endpoint.methods)
    }
    switch endpoint {
    case .conv2dTranspose:
      guard head.framing != .none else { throw .missingLength }
      return .receive(try OperationReceiver(head, query: path.query, configuration, layers))
    case .live: return .respond(Service.live)
    case .ready: return .respond(isReady ? Service.ready : Service.notReady)
    case .openAPI: return .respond(StaticDocument.openAPI.response(to: head))
    case .openAPIJSON: return .respond(StaticDocument.openAPIJSON.response(to: head))
    case .metrics: return .respond(metrics(head.fields))
    case .page: return .respond(Page.shared.response(to: head))
    case .serverMetadata:
      return .respond(.json(ModelDescription.server(version: configuration.version)))
    case .model(let name, let version, let resource): return try models.decide(head, name, version, resource)
    case .modelNames: return .respond(models.names())
    case .statistics: return .respond(models.statistics())
    case .repositoryIndex: return try models.index()
    case .repositoryModel(let name, let action): return try models.change(name, action)
    case .prediction(let name, let version, let resource):
      return try PredictionEndpoints(models: models).decide(head, name, version, resource)
    }
  }

  /// Once every model has been tried, and, where that is asked for, all of them could be loaded.
  private var isReady: Bool {
    guard ready.load(ordering: .relaxed) else { return false }
    return repository.isReady(strictly: configuration.isReadinessStrict)
  }

  private func options(_ methods: [HTTPMethod], _ head: RequestHead) -> Response {
    var fields = HTTPFields()
    fields.append("allow", methods.map(\.rawValue).joined(separator: ", "))
    var response = Response(status: .noContent, fields: fields)
    access.crossOrigin?.answerPreflight(head, methods: methods, in: &response)
    return response
  }

  // Asked for again and again, by whoever watches over many servers.
  private static let live = health("live", true).withPreparedHead()
  private static let ready = health("ready", true).withPreparedHead()
  private static let notReady = health("ready", false)

  private static func health(_ name: String, _ isWell: Bool) -> Response {
    var fields = HTTPFields()
    fields.append("content-type", "application/json")
    fields.append("cache-control", "no-store")
    return Response(
      status: isWell ? .ok : .serviceUnavailable, fields: fields,
      content: .bytes(Array("{\"\(name)\":\(isWell)}\n".utf8)))
  }
}
