package import UpconvMetrics
package import UpconvRepository
package import UpconvTensorBoard

extension RecordingSources {
  /// The service's own: requests by its routes, and the models that it serves.
  package init(_ requests: RequestMetrics, _ repository: ModelRepository) {
    self.init(
      requests: requests, computingRoutes: Endpoint.computingRoutes, operationRoute: Endpoint.conv2dTranspose.route,
      models: { repository.allServed })
  }
}
