import Synchronization
import UpconvConvolution
package import UpconvHTTP

/// The service itself: every request's head arrives here, and is led to its endpoint.
package final class Service: RequestHandler {
  private let configuration: ServiceConfiguration
  private let layers: LayerCache
  private let ready = Atomic(true)

  package init(_ configuration: ServiceConfiguration) {
    self.configuration = configuration
    layers = LayerCache(limits: configuration.convolution, maxBytes: configuration.maxLayerCacheBytes)
  }

  /// From here on `/v2/health/ready` says no: for a server that is about to stop.
  package func stopBeingReady() { ready.store(false, ordering: .relaxed) }

  package func begin(_ head: RequestHead) -> Decision {
    do throws(ServiceError) {
      return try decide(head)
    } catch { return .respond(Problem(error).response) }
  }

  package func refuse(_ refusal: Refusal) -> Response { Problem(.refused(refusal)).response }

  private func decide(_ head: RequestHead) throws(ServiceError) -> Decision {
    guard case .resource(let path) = head.target else {
      return .respond(Service.options([.get, .head, .options, .post]))
    }
    let endpoint = try Endpoint(path)
    if head.method == .options { return .respond(Service.options(endpoint.methods)) }
    guard endpoint.methods.contains(head.method) else {
      throw .methodNotAllowed(method: head.method, allowed: endpoint.methods)
    }
    switch endpoint {
    case .conv2dTranspose:
      guard head.framing != .none else { throw .missingLength }
      return .receive(try OperationReceiver(head, query: path.query, configuration, layers))
    case .live: return .respond(Service.live)
    case .ready: return .respond(ready.load(ordering: .relaxed) ? Service.ready : Service.notReady)
    case .openAPI: return .respond(Service.openAPI)
    }
  }

  private static func options(_ methods: [HTTPMethod]) -> Response {
    var fields = HTTPFields()
    fields.append("allow", methods.map(\.rawValue).joined(separator: ", "))
    return Response(status: .noContent, fields: fields)
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

  private static let openAPI: Response = {
    var fields = HTTPFields()
    fields.append("content-type", "application/yaml")
    return Response(status: .ok, fields: fields, content: .bytes(PackageResources.openapi_yaml))
  }()
}

/// The resources of the service.
private enum Endpoint: CaseIterable {
  case conv2dTranspose, live, ready, openAPI

  /// - Throws: `.notFound`.
  init(_ path: ResourcePath) throws(ServiceError) {
    guard let endpoint = Endpoint.allCases.first(where: { $0.path == path.path }) else {
      throw .notFound(path: "/" + path.segments.joined(separator: "/"))
    }
    self = endpoint
  }

  private var path: String {
    switch self {
    case .conv2dTranspose: "/v1/conv2d_transpose"
    case .live: "/v2/health/live"
    case .ready: "/v2/health/ready"
    case .openAPI: "/openapi.yaml"
    }
  }

  var methods: [HTTPMethod] {
    switch self {
    case .conv2dTranspose: [.options, .post]
    case .live, .ready, .openAPI: [.get, .head, .options]
    }
  }
}
