package import UpconvAccess
package import UpconvCompression
package import UpconvConvolution
package import UpconvFormats
package import UpconvHTTP
package import UpconvJSON
package import UpconvMemory
package import UpconvModels
package import UpconvPictures
package import UpconvRepository
package import UpconvTensor

/// All that can be wrong with a request, from its bytes to its numbers. `Problem` maps each to an answer.
package enum ServiceError: Error {
  case refused(Refusal)
  case access(AccessError)
  case notFound(path: String)
  case methodNotAllowed(method: HTTPMethod, allowed: [HTTPMethod])
  case unsupportedMediaType(String, known: [String])
  case unsupportedContentCoding(String)
  /// The content is of another kind than its Content-Type says, or than is read without one.
  case mistakenContent(ContentSignature, accepted: [String])
  /// There is no memory for the request.
  case memory(MemoryRefusal)
  case notAcceptable(String)
  /// Neither Content-Length nor Transfer-Encoding.
  case missingLength
  case missingContent
  case missingInferenceContent
  case tooMuchContent(maxBytes: Int)
  case json(JSONError)
  case notAnObject
  case safetensors(SafetensorsError)
  case npz(NpzError)
  case npy(NpyError)
  case elements(TensorBuilderError)
  /// The content's coding (`gzip`, `deflate`) is not what it should be.
  case coding(String, InflateError)
  case operation(OperationError)
  case inference(InferenceError)
  case prediction(PredictionError)
  case repository(RepositoryError)
  case modelInput(ModelInputError)
  case inferenceFailure(InferenceFailure)
  case geometry(GeometryError)
  /// JSON has no text for this element of the answer.
  case notFinite(value: Float, position: [Int])
  /// The output has no picture.
  case picture(PictureError)
  /// The run gave nothing; nobody waits for it any more.
  case run(ConvolutionRunError)
}
