import UpconvAccess

extension Endpoint {
  /// What a request needs for it.
  var access: AccessRule {
    switch self {
    // Asked by whoever keeps the server running, also while others are refused.
    case .live, .ready: .unlimited
    // Say the same to everybody; the page asks for a token where it needs one.
    case .page, .openAPI, .openAPIJSON: .open
    // What is there to be used, and how: for clients as for observers.
    case .serverMetadata, .modelNames, .repositoryIndex, .model(_, _, .metadata), .model(_, _, .ready),
      .model(_, _, .config), .prediction(_, _, .status), .prediction(_, _, .metadata):
      .anyRole
    case .conv2dTranspose, .model(_, _, .infer), .prediction(_, _, .predict): .role(.infer)
    case .metrics, .statistics, .model(_, _, .stats): .role(.observe)
    case .repositoryModel(_, .load), .repositoryModel(_, .unload): .role(.admin)
    }
  }
}
