package import UpconvMetrics
package import UpconvRepository

/// Where and how much a recorder writes.
package struct RecordingSettings: Sendable {
  /// TensorBoard's `--logdir`.
  package var directory: String
  /// Of the answers, from 0 to 1.
  package var share = 0.01
  /// Between two points of a scalar.
  package var interval: Duration = .seconds(10)
  /// Of all files of one run that this program keeps.
  package var maxRunBytes = 256 << 20

  package init(directory: String) { self.directory = directory }
}

/// What the scalars are computed from.
package struct RecordingSources: Sendable {
  let requests: RequestMetrics
  /// Routes that compute: others would make the server look faster than it is.
  let computingRoutes: Set<String>
  let operationRoute: String
  let models: @Sendable () -> [ServedModel]

  package init(
    requests: RequestMetrics, computingRoutes: Set<String>, operationRoute: String,
    models: @escaping @Sendable () -> [ServedModel]
  ) {
    self.requests = requests
    self.computingRoutes = computingRoutes
    self.operationRoute = operationRoute
    self.models = models
  }
}
