import UpconvFormats
package import UpconvHTTP
import UpconvJSON
package import UpconvPictures
package import UpconvTensor

extension AnswerKind {
  /// An output tensor in this form; the larger part of it is lent or written only as it is taken.
  /// - Parameter channels: where they stand in the output, for a picture.
  /// - Throws: `.notFinite` where this is JSON and an element is NaN or infinite; `.picture`.
  package func content(
    of output: Tensor, name: String = "output", isNested: Bool, channels: ChannelOrder
  ) throws(ServiceError) -> any ContentSource {
    switch self {
    case .json:
      try output.checkFinite()
      return JSONAnswerContent(output, isNested: isNested)
    case .safetensors:
      do {
        let prefix = try SafetensorsHeader.bytes(name: name, shape: output.shape)
        return TensorBytesContent(prefix: prefix, output)
      } catch { throw .safetensors(error) }
    case .npy:
      return TensorBytesContent(prefix: NpyHeader.bytes(shape: output.shape), output)
    case .octetStream:
      return TensorBytesContent(prefix: [], output)
    case .png:
      do {
        return BytesContent(try TensorPicture(output, channels: channels).png())
      } catch { throw .picture(error) }
    }
  }
}

/// Content that is there already.
struct BytesContent: ContentSource {
  private let bytes: [UInt8]
  private var offset = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var length: Int? { bytes.count }

  var heldBytes: Int { bytes.capacity }

  mutating func withNextBytes(_ body: (UnsafeRawBufferPointer) -> Int) {
    offset += bytes.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[offset...])) }
  }
}

/// A tensor's own memory behind a container's head: nothing is copied.
struct TensorBytesContent: ContentSource {
  private let prefix: [UInt8]
  private let tensor: Tensor
  private var offset = 0

  init(prefix: [UInt8], _ tensor: Tensor) {
    self.prefix = prefix
    self.tensor = tensor
  }

  var length: Int? { prefix.count + tensor.shape.float32Bytes }

  var heldBytes: Int { prefix.capacity + tensor.shape.float32Bytes }

  mutating func withNextBytes(_ body: (UnsafeRawBufferPointer) -> Int) {
    if offset < prefix.count {
      offset += prefix.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[offset...])) }
    } else {
      offset += tensor.withBytes { body(UnsafeRawBufferPointer(rebasing: $0[(offset - prefix.count)...])) }
    }
  }
}

/// A tensor's numbers in JSON between two pieces of text, written a window at a time.
struct JSONAnswerContent: ContentSource {
  private var encoder: JSONTensorEncoder
  private var window: [UInt8] = []
  private var windowOffset = 0
  private let opening: [UInt8]
  private let closing: [UInt8]
  private var stage = Stage.opening

  private enum Stage { case opening, numbers, ended }

  private static let windowBytes = 128 << 10
  private let tensorBytes: Int

  /// `{"shape":[...],"data":[...]}`
  init(_ tensor: Tensor, isNested: Bool) {
    self.init(
      tensor, isNested: isNested, opening: Array("{\"shape\":\(tensor.shape),\"data\":".utf8),
      closing: Array("}\n".utf8))
  }

  init(_ tensor: Tensor, isNested: Bool, opening: [UInt8], closing: [UInt8]) {
    encoder = JSONTensorEncoder(tensor: tensor, nested: isNested)
    self.opening = opening
    self.closing = closing
    tensorBytes = tensor.shape.float32Bytes
  }

  /// Not known before the numbers are written.
  var length: Int? { nil }

  /// The first window begins with the opening.
  var heldBytes: Int {
    tensorBytes + 2 * opening.capacity + closing.capacity + JSONAnswerContent.windowBytes
  }

  mutating func withNextBytes(_ body: (UnsafeRawBufferPointer) -> Int) {
    if windowOffset == window.count { fillWindow() }
    windowOffset += window.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[windowOffset...])) }
  }

  private mutating func fillWindow() {
    window.removeAll(keepingCapacity: true)
    windowOffset = 0
    if stage == .opening {
      // Once: an array that grows by itself takes up to twice what it holds.
      window.reserveCapacity(opening.count + JSONAnswerContent.windowBytes + closing.count)
      window += opening
      stage = .numbers
    }
    if stage == .numbers, !encoder.append(to: &window, upTo: JSONAnswerContent.windowBytes) {
      window += closing
      stage = .ended
    }
  }
}

extension Tensor {
  /// - Throws: `.notFinite`: JSON has no text for NaN and infinity. O(count).
  func checkFinite() throws(ServiceError) {
    guard let index = firstNonFiniteIndex else { return }
    throw .notFinite(value: withElements { $0[index] }, position: shape.position(ofElement: index))
  }
}

extension Shape {
  /// The indices of an element, outermost axis first.
  fileprivate func position(ofElement index: Int) -> [Int] {
    var rest = index
    var position: [Int] = []
    for length in dimensions.reversed() where length > 0 {
      position.append(rest % length)
      rest /= length
    }
    return position.reversed()
  }
}
