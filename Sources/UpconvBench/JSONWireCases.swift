import UpconvJSON
package import UpconvTensor

/// JSON: arrays of numbers read into a tensor and written from one, on one core.
package enum JSONWireCases {
  /// The server's event loop hands content to its decoder in steps of this many bytes.
  private static let stepBytes = 2048
  /// As much as an answer's window takes.
  private static let windowBytes = 128 << 10

  static func cases(_ numbers: Tensor) throws -> [WireCase] {
    let flat = try reshaped(numbers, rowLength: nil)
    return try decoding("flat", flat) + decoding("nested", reshaped(numbers, rowLength: 100))
      + decoding("narrow", reshaped(numbers, rowLength: 4))
      + [decodingInSteps(flat), decodingDoubles(flat)]
      + encoding("flat", flat) + encoding("nested", reshaped(numbers, rowLength: 100))
      + encoding("narrow", reshaped(numbers, rowLength: 4)) + [checking(flat)]
  }

  /// Reads one array of numbers, nested or flat.
  package static func tensor(_ text: [UInt8], stepBytes: Int = .max) throws -> Tensor {
    var reader = JSONReader(limits: JSONLimits(), isNumberArray: { _ in true })
    try text.withUnsafeBytes { bytes in
      var start = 0
      while start < bytes.count {
        let end = start + min(stepBytes, bytes.count - start)
        try reader.read(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
        start = end
      }
    }
    guard case .numbers(let tensor) = try reader.finish() else {
      throw WireCase.WrongResult(codec: "json: what is no array")
    }
    return tensor
  }

  private static func decoding(_ name: String, _ numbers: Tensor) throws -> [WireCase] {
    try [decoding("json_decode_\(name)", text(numbers), numbers, stepBytes: .max)]
  }

  private static func decodingInSteps(_ numbers: Tensor) throws -> WireCase {
    try decoding("json_decode_steps", text(numbers), numbers, stepBytes: stepBytes)
  }

  /// Float32 that went through double, as Python's `json.dumps(x.tolist())` writes them.
  private static func decodingDoubles(_ numbers: Tensor) throws -> WireCase {
    let texts = numbers.withElements { $0.map { Double($0).description } }
    let text = Array("[\(texts.joined(separator: ", "))]".utf8)
    return try decoding("json_decode_doubles", text, numbers, stepBytes: .max)
  }

  private static func decoding(
    _ name: String, _ text: [UInt8], _ numbers: Tensor, stepBytes: Int
  ) throws -> WireCase {
    guard try hasSameBits(tensor(text, stepBytes: stepBytes), numbers) else {
      throw WireCase.WrongResult(codec: name)
    }
    return WireCase(name: name, byteCount: text.count) { _ = try tensor(text, stepBytes: stepBytes) }
  }

  private static func encoding(_ name: String, _ numbers: Tensor) -> [WireCase] {
    let byteCount = text(numbers).count
    var window: [UInt8] = []
    return [
      WireCase(name: "json_encode_\(name)", byteCount: byteCount) {
        var encoder = JSONTensorEncoder(tensor: numbers, nested: true)
        var isGoingOn = true
        while isGoingOn {
          window.removeAll(keepingCapacity: true)
          isGoingOn = encoder.append(to: &window, upTo: windowBytes)
        }
      }
    ]
  }

  /// What an answer in JSON is asked before it is written.
  private static func checking(_ numbers: Tensor) throws -> WireCase {
    let name = "json_check_finite"
    let count = numbers.shape.elementCount
    guard numbers.firstNonFiniteIndex == nil,
      try filled([2 * count], numbers.elements + [.nan] + numbers.elements.dropFirst()).firstNonFiniteIndex == count
    else { throw WireCase.WrongResult(codec: name) }
    return WireCase(name: name, byteCount: count * 4) { _ = numbers.firstNonFiniteIndex }
  }

  static func text(_ numbers: Tensor) -> [UInt8] {
    var encoder = JSONTensorEncoder(tensor: numbers, nested: true)
    var text: [UInt8] = []
    while encoder.append(to: &text, upTo: windowBytes) {}
    return text
  }

  /// The numbers as a batch of 10 planes of rows of `rowLength`, as far as they fill such; nil: flat.
  private static func reshaped(_ numbers: Tensor, rowLength: Int?) throws -> Tensor {
    let elements = numbers.elements
    guard let rowLength, elements.count >= 10 * rowLength else {
      return try filled([elements.count], elements)
    }
    let rows = elements.count / (10 * rowLength)
    return try filled([10, rows, rowLength], elements)
  }

  private static func filled(_ dimensions: [Int], _ elements: [Float]) throws -> Tensor {
    let shape = try Shape(dimensions, limits: TensorLimits())
    return Tensor.filled(shape: shape) { _ = $0.update(fromContentsOf: elements.prefix(shape.elementCount)) }
  }

  private static func hasSameBits(_ left: Tensor, _ right: Tensor) -> Bool {
    left.shape == right.shape && left.elements.elementsEqual(right.elements) { $0.bitPattern == $1.bitPattern }
  }
}
