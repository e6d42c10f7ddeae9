package import UpconvCompression
package import UpconvConvolution
package import UpconvFormats
package import UpconvHTTP
package import UpconvJSON

/// All that can be wrong with a request, from its bytes to its numbers. `Problem` maps each to an answer.
package enum ServiceError: Error {
  case refused(Refusal)
  case notFound(path: String)
  case methodNotAllowed(method: HTTPMethod, allowed: [HTTPMethod])
  case unsupportedMediaType(String)
  case unsupportedContentCoding(String)
  case notAcceptable(String)
  /// Neither Content-Length nor Transfer-Encoding.
  case missingLength
  case missingContent
  case json(JSONError)
  case notAnObject
  case safetensors(SafetensorsError)
  case npz(NpzError)
  case gzip(InflateError)
  case operation(OperationError)
  case geometry(GeometryError)
  /// JSON has no text for this element of the answer.
  case notFinite(value: Float, position: [Int])
  /// The run gave nothing; nobody waits for it any more.
  case run(ConvolutionRunError)
}
