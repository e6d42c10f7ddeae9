package import UpconvMetrics
import UpconvModels
package import UpconvRepository

/// What the repository's models have done, under Triton's names, so that dashboards made for it work, and under our own
/// where Triton has none.
/// - Source: Triton Inference Server, metrics.
package enum ModelMetrics {
  private typealias Values = ModelStatistics.Values

  package static func write(_ models: [ServedModel], to text: inout MetricsText) {
    let all = models.map { (labels: labels($0), served: $0, values: $0.queue.statistics.current) }
    func counter(_ name: String, _ help: String, _ value: (Values) -> Int) {
      text.family(name, .counter, help)
      for model in all { text.sample(name, value(model.values), model.labels) }
    }
    counter("nv_inference_request_success", "Requests that were answered with an output.") { $0.success.count }
    text.family("nv_inference_request_failure", .counter, "Requests that were not, by reason.")
    for model in all {
      let values = model.values
      let other = values.failure.count - values.rejectedCount - values.expiredCount
      for (reason, count) in [
        ("REJECTED", values.rejectedCount + values.expiredCount), ("CANCELED", values.cancelledCount),
        ("BACKEND", max(0, other)),
      ] {
        text.sample("nv_inference_request_failure", count, model.labels + [("reason", reason)])
      }
    }
    counter("nv_inference_count", "Images that went through a model.") { $0.inferenceCount }
    counter("nv_inference_exec_count", "Runs of a model, of whatever batch.") { $0.executionCount }
    counter("nv_inference_request_duration_us", "Time of answered requests in the model's queue and run.") {
      $0.success.nanoseconds / 1000
    }
    counter("nv_inference_queue_duration_us", "Time of requests in the model's queue.") { $0.queue.nanoseconds / 1000 }
    counter("nv_inference_compute_input_duration_us", "Time of joining inputs.") { $0.computeInput.nanoseconds / 1000 }
    counter("nv_inference_compute_infer_duration_us", "Time of runs.") { $0.computeInfer.nanoseconds / 1000 }
    counter("nv_inference_compute_output_duration_us", "Time of taking outputs apart and writing answers.") {
      $0.computeOutput.nanoseconds / 1000
    }
    text.family("nv_inference_pending_request_count", .gauge, "Requests in the model's queue.")
    for model in all { text.sample("nv_inference_pending_request_count", model.served.queue.depth, model.labels) }

    text.family("upconv_model_batches_total", .counter, "Runs of a model by the images in them.")
    for model in all {
      for batch in model.values.batches {
        text.sample(
          "upconv_model_batches_total", batch.computeInfer.count, model.labels + [("batch_size", "\(batch.batchSize)")])
      }
    }
    text.family("upconv_model_rejections_total", .counter, "Requests that a model's queue gave no output, by reason.")
    for model in all {
      let values = model.values
      for (reason, count) in [
        ("no_room", values.rejectedCount), ("deadline", values.expiredCount), ("client_left", values.cancelledCount),
      ] {
        text.sample("upconv_model_rejections_total", count, model.labels + [("reason", reason)])
      }
    }
    writeLayers(models, to: &text)
    text.family("upconv_model_memory_bytes", .gauge, "Weights, packed filters and tables of a model.")
    for model in all { text.sample("upconv_model_memory_bytes", model.served.model.byteCount, model.labels) }
  }

  /// Series come and go with the models: as many as these have layers.
  private static func writeLayers(_ models: [ServedModel], to text: inout MetricsText) {
    let layers = models.flatMap { served in
      served.model.layerTimes.current.map { total in
        (labels: labels(served) + [("layer", total.layer), ("work", total.work)], total: total)
      }
    }
    text.family("upconv_layer_compute_seconds_total", .counter, "Time that a layer took in its model's runs.")
    for layer in layers {
      text.sample("upconv_layer_compute_seconds_total", Double(layer.total.nanoseconds) / 1e9, layer.labels)
    }
    text.family("upconv_layer_runs_total", .counter, "How often a layer ran, for whatever batch.")
    for layer in layers { text.sample("upconv_layer_runs_total", layer.total.runCount, layer.labels) }
  }

  private static func labels(_ served: ServedModel) -> [MetricsText.Label] {
    [("model", served.name), ("version", "\(served.version)")]
  }
}
