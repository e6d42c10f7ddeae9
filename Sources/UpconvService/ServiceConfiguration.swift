import UpconvConvolution
import UpconvFormats
import UpconvJSON
package import UpconvMemory
package import UpconvTensor
package import UpconvTensorBoard

/// What the service does with a request at most, and with how many threads.
package struct ServiceConfiguration: Sendable {
  /// Threads that one computation may use.
  package var threads = 1
  package var tensor = TensorLimits()
  /// What contents, tensors and answers of all requests may take together; the server's own.
  package var memory = MemoryBudget(maxBytes: .max)
  /// Bytes of a content after gzip was undone.
  package var maxInflatedBytes = 256 << 20
  /// Bytes of a content as it is sent: what an NPZ, which has its index at the end, is held in.
  package var maxContentBytes = 256 << 20
  package var maxJSONDepth = 64
  package var maxMultiplyAdds = ConvolutionLimits().maxMultiplyAdds
  /// Answers from this size on are compressed for clients that prefer gzip.
  package var minGzipBytes = 1024

  /// What `GET /v2` says.
  package var version = ""
  /// Whether a model that cannot be loaded keeps the whole server from being ready.
  package var isReadinessStrict = false

  /// Bytes of filters, as sent and as packed, that are kept for requests that bring the same again.
  package var maxLayerCacheBytes = 128 << 20

  /// Who is shown the answers; nil: nobody.
  package var tensorBoard: TensorBoardRecorder?
  /// Where contents in gzip and deflate are counted; one for all copies.
  package let codings = CodingMetrics()

  package init() {}

  var convolution: ConvolutionLimits { ConvolutionLimits(tensor: tensor, maxMultiplyAdds: maxMultiplyAdds) }

  var formats: FormatLimits {
    var limits = FormatLimits()
    limits.maxInflatedBytes = maxInflatedBytes
    limits.maxBodyBytes = maxContentBytes
    limits.tensor = tensor
    return limits
  }

  var json: JSONLimits { JSONLimits(maxDepth: maxJSONDepth, tensor: tensor) }
}
