import UpconvMemory
import UpconvMetrics

extension Observation {
  /// Tells what of the budget is held, and who found none.
  func observe(_ memory: MemoryBudget) {
    requests.addRejections("memory") { memory.refusalCount }
    registry.add { text in
      text.family(
        "upconv_request_memory_bytes", .gauge, "Bytes that contents, tensors and answers of all requests hold.")
      text.sample("upconv_request_memory_bytes", memory.leasedBytes)
      text.family("upconv_request_memory_limit_bytes", .gauge, "Bytes that they may hold; beyond them 503.")
      text.sample("upconv_request_memory_limit_bytes", memory.maxBytes)
    }
  }
}
