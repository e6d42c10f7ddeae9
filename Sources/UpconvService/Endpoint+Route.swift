extension Endpoint {
  /// What metrics, logs and traces call it: one of few names, whatever models and versions clients ask for.
  var route: String {
    switch self {
    case .conv2dTranspose: "/v1/conv2d_transpose"
    case .live: "/v2/health/live"
    case .ready: "/v2/health/ready"
    case .openAPI: "/openapi.yaml"
    case .openAPIJSON: "/openapi.json"
    case .page: "/"
    case .metrics: "/metrics"
    case .serverMetadata: "/v2"
    case .model(_, _, .metadata): "/v2/models/{model}"
    case .model(_, _, .ready): "/v2/models/{model}/ready"
    case .model(_, _, .config): "/v2/models/{model}/config"
    case .model(_, _, .stats): "/v2/models/{model}/stats"
    case .model(_, _, .infer): "/v2/models/{model}/infer"
    case .modelNames: "/v2/models"
    case .statistics: "/v2/models/stats"
    case .repositoryIndex: "/v2/repository/index"
    case .repositoryModel(_, .load): "/v2/repository/models/{model}/load"
    case .repositoryModel(_, .unload): "/v2/repository/models/{model}/unload"
    case .prediction(_, _, .status): "/v1/models/{model}"
    case .prediction(_, _, .metadata): "/v1/models/{model}/metadata"
    case .prediction(_, _, .predict): "/v1/models/{model}:predict"
    }
  }

  /// Routes that answer with tensors.
  static let computingRoutes: Set<String> = Set(
    [
      Endpoint.conv2dTranspose, .model("", version: nil, .infer), .prediction("", version: nil, .predict),
    ].map(\.route))

  /// What a request is called that has no endpoint.
  static let unknownRoute = "unknown"
}
