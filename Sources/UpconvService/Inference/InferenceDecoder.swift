import UpconvFormats
import UpconvJSON
import UpconvTensor

/// Reads one container of an inference request as it comes.
protocol InferenceDecoder: ContentDecoder {
  /// The content is complete.
  func finish() throws(ServiceError) -> InferenceContent
}

/// An inference request that has come whole.
enum InferenceContent: Sendable {
  case request(InferenceRequest)
  /// An NPZ, still to be decompressed.
  case archive(CollectedArchive, FormatLimits)
}

/// What a decoder must know of the model: the names and shapes of its input and output.
struct InferenceSignature: Sendable {
  let inputName: String
  /// nil if an axis is variable; the batch comes first.
  let inputDimensions: [Int?]
  let outputName: String

  /// The input's shape, with -1 for what is variable.
  var inputText: String { Shape.text(inputDimensions.map { $0 ?? -1 }) }
}

/// The protocol's own form: JSON, and behind it the bytes of the tensors that it announces.
final class ProtocolInferenceDecoder: InferenceDecoder {
  private let signature: InferenceSignature
  private let limits: TensorLimits
  /// Bytes of the JSON where a header field says how many; nil: all are JSON.
  private let jsonBytes: Int?
  private var json: JSONReader
  private var bytesRead = 0
  private var document: InferenceDocument?
  private var tensors: [Tensor] = []
  private var sink: ElementSink?
  /// Of the tensors that came behind the JSON.
  private var tensorBytes = 0

  /// Bytes of the id, the names and the parameters together: the id is kept until it stands in the answer.
  private static let maxTextBytes = 64 << 10

  init(_ signature: InferenceSignature, jsonBytes: Int?, _ configuration: borrowing ServiceConfiguration) {
    self.signature = signature
    self.jsonBytes = jsonBytes
    self.limits = configuration.tensor
    var limits = configuration.json
    limits.maxTreeBytes = ProtocolInferenceDecoder.maxTextBytes
    json = JSONReader(
      limits: limits, isNumberArray: InferenceDocument.isNumberArray,
      numberArrayDepth: InferenceDocument.numberArrayDepth, rules: .booleans)
  }

  func read(_ bytes: UnsafeRawBufferPointer) throws(ServiceError) {
    var rest = bytes
    if document == nil {
      let share = jsonBytes.map { rest.prefix($0 - bytesRead) } ?? rest[...]
      do { try json.read(UnsafeRawBufferPointer(rebasing: share)) } catch { throw .json(error) }
      bytesRead += share.count
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(share.count))
      guard bytesRead == jsonBytes else { return }
      try readDocument()
    }
    try readTensors(&rest)
  }

  func fill(atMost byteCount: Int, by write: (UnsafeMutableRawBufferPointer) -> Int) -> Int? {
    guard var sink = sink.take() else { return nil }
    let written = sink.fill(atMost: byteCount, by: write)
    bytesRead += written ?? 0
    self.sink = consume sink
    // Ends the tensor if that was the rest of it. An error is told by the next call.
    var nothing = UnsafeRawBufferPointer(start: nil, count: 0)
    if written != nil { try? readTensors(&nothing) }
    return written
  }

  var heldBytes: Int {
    // Those of the JSON are counted with it.
    json.heldBytes + tensorBytes + (sink?.heldBytes ?? 0)
  }

  func finish() throws(ServiceError) -> InferenceContent {
    if document == nil {
      if let jsonBytes { throw .inference(.headerTruncated(expectedBytes: jsonBytes, foundBytes: bytesRead)) }
      try readDocument()
      var rest = UnsafeRawBufferPointer(start: nil, count: 0)
      try readTensors(&rest)
    }
    guard let document else { throw .inference(.notAnObject) }
    if let remaining = sink?.remainingBytes {
      throw .inference(.binaryTruncated(field: document.inputs[tensors.count].field, missingBytes: remaining))
    }
    guard let input = tensors.first else {
      throw .inference(.inputCount(found: 0, expected: signature.inputName))
    }
    return .request(InferenceRequest(input: input, wishes: document.wishes))
  }

  private func readDocument() throws(ServiceError) {
    let value: JSONValue
    do { value = try json.finish() } catch { throw .json(error) }
    do throws(InferenceError) {
      let document = try InferenceDocument(
        value, arraysWithBooleans: json.arraysWithBooleans, output: signature.outputName, limits: limits)
      guard document.inputs.count == 1 else {
        throw .inputCount(found: document.inputs.count, expected: signature.inputName)
      }
      guard document.inputs[0].name == signature.inputName else {
        throw .unknownInput(name: document.inputs[0].name, expected: signature.inputName)
      }
      self.document = document
    } catch { throw .inference(error) }
  }

  /// The tensors in their order: those of the JSON are there, the others take what follows it.
  private func readTensors(_ bytes: inout UnsafeRawBufferPointer) throws(ServiceError) {
    guard let document else { return }
    while tensors.count < document.inputs.count {
      let input = document.inputs[tensors.count]
      if let data = input.data {
        tensors.append(data)
        continue
      }
      let type = input.datatype.elementType
      var sink =
        self.sink.take()
        ?? ElementSink(
          shape: input.shape, type: type, byteOrder: .little, byteCount: input.shape.elementCount * type.byteCount)
      do throws(TensorBuilderError) {
        let offered = bytes.count
        try sink.take(&bytes)
        bytesRead += offered - bytes.count
        guard sink.remainingBytes == 0 else {
          self.sink = consume sink
          return
        }
        tensorBytes += sink.heldBytes
        tensors.append(try sink.finish())
      } catch { throw .elements(error) }
    }
    guard bytes.isEmpty else { throw .inference(.trailingBytes(expectedBytes: bytesRead)) }
  }
}

/// `Inference-Header-Content-Length: 0`: the content is the one input's bytes, for one image.
final class RawInferenceDecoder: InferenceDecoder {
  /// The shape of one image; nil if the number of bytes decides.
  private let dimensions: [Int?]
  /// Elements of an image whose variable axis is 1.
  private let knownElements: Int
  private let limits: TensorLimits
  private var decoder = ElementDecoder(type: .float32)
  private var builder: TensorBuilder?
  private var bytesRead = 0

  /// - Throws: `.inference` where the model has more than one variable axis besides the batch.
  init(_ signature: InferenceSignature, _ configuration: borrowing ServiceConfiguration) throws(ServiceError) {
    dimensions = [1] + signature.inputDimensions.dropFirst()
    guard dimensions.count(where: { $0 == nil }) <= 1 else {
      throw .inference(.rawNeedsShape(shape: signature.inputText))
    }
    limits = configuration.tensor
    do throws(ShapeError) {
      knownElements = max(1, try Shape(dimensions.map { $0 ?? 1 }, limits: limits).elementCount)
    } catch { throw .inference(.shape(field: "the model's input", error)) }
    builder = TensorBuilder(maxElements: limits.maxElements)
  }

  func read(_ bytes: UnsafeRawBufferPointer) throws(ServiceError) {
    bytesRead += bytes.count
    guard var builder = builder.take() else { return }
    do { try decoder.decode(bytes, into: &builder) } catch { throw .elements(error) }
    self.builder = consume builder
  }

  var heldBytes: Int { builder?.heldBytes ?? 0 }

  func finish() throws(ServiceError) -> InferenceContent {
    guard let builder = builder.take() else { throw .missingInferenceContent }
    let isFixed = dimensions.allSatisfy { $0 != nil }
    let knownBytes = knownElements * MemoryLayout<Float>.size
    guard isFixed ? bytesRead == knownBytes : bytesRead > 0 && bytesRead % knownBytes == 0 else {
      throw .inference(
        isFixed
          ? .rawSize(bytes: bytesRead, expected: knownBytes) : .rawSizeMultiple(bytes: bytesRead, of: knownBytes))
    }
    let variable = builder.count / knownElements
    do {
      let shape = try Shape(dimensions.map { $0 ?? variable }, limits: limits)
      var wishes = InferenceRequest.Wishes()
      wishes.isBinary = true
      return .request(InferenceRequest(input: try builder.finish(shape: shape), wishes: wishes))
    } catch let error as ShapeError {
      throw .inference(.shape(field: "the content", error))
    } catch { throw .inference(.rawSize(bytes: bytesRead, expected: knownBytes)) }
  }
}

/// `application/x-npy`: the one input.
final class NpyInferenceDecoder: InferenceDecoder {
  static let signature: ContentSignature? = .npy

  private var reader: NpyReader

  init(_ configuration: borrowing ServiceConfiguration) { reader = NpyReader(limits: configuration.formats) }

  func read(_ bytes: UnsafeRawBufferPointer) throws(ServiceError) {
    do { try reader.read(bytes) } catch { throw .npy(error) }
  }

  var heldBytes: Int { reader.heldBytes }

  func finish() throws(ServiceError) -> InferenceContent {
    do { return .request(InferenceRequest(input: try reader.finish())) } catch { throw .npy(error) }
  }
}

/// `application/x-npz`: only collected here.
final class NpzInferenceDecoder: InferenceDecoder {
  static let signature: ContentSignature? = .zip

  private var reader: NpzReader
  private let limits: FormatLimits

  init(_ configuration: borrowing ServiceConfiguration) {
    limits = configuration.formats
    reader = NpzReader(limits: limits)
  }

  func read(_ bytes: UnsafeRawBufferPointer) throws(ServiceError) {
    do { try reader.read(bytes) } catch { throw .npz(error) }
  }

  var heldBytes: Int { reader.heldBytes }

  func finish() throws(ServiceError) -> InferenceContent { .archive(CollectedArchive(reader.takeBody()), limits) }
}

/// `application/vnd.safetensors`: the tensor of the input's name, or the only one.
final class SafetensorsInferenceDecoder: InferenceDecoder {
  static let signature: ContentSignature? = .safetensors

  private var reader: SafetensorsReader
  private let signature: InferenceSignature

  init(_ signature: InferenceSignature, _ configuration: borrowing ServiceConfiguration) {
    self.signature = signature
    reader = SafetensorsReader(limits: configuration.formats)
  }

  func read(_ bytes: UnsafeRawBufferPointer) throws(ServiceError) {
    do { try reader.read(bytes) } catch { throw .safetensors(error) }
  }

  var heldBytes: Int { reader.heldBytes }

  func finish() throws(ServiceError) -> InferenceContent {
    let bundle: TensorBundle
    do { bundle = try reader.finish() } catch { throw .safetensors(error) }
    do {
      return .request(InferenceRequest(input: try bundle.input(of: signature)))
    } catch { throw .inference(error) }
  }
}

extension TensorBundle {
  /// The tensor of the input's name; where there is just one, whatever it is called.
  func input(of signature: InferenceSignature) throws(InferenceError) -> Tensor {
    if let tensor = self[signature.inputName] { return tensor }
    guard tensors.count == 1, let only = tensors.first else {
      throw .missingTensor(expected: signature.inputName, found: tensors.map(\.name))
    }
    return only.tensor
  }
}
