import UpconvTensor

/// The element types of the Open Inference Protocol, under its names.
enum InferenceDatatype: String, CaseIterable {
  case bool = "BOOL"
  case uint8 = "UINT8"
  case uint16 = "UINT16"
  case uint32 = "UINT32"
  case uint64 = "UINT64"
  case int8 = "INT8"
  case int16 = "INT16"
  case int32 = "INT32"
  case int64 = "INT64"
  case float16 = "FP16"
  case float32 = "FP32"
  case float64 = "FP64"
  case bfloat16 = "BF16"

  /// By its name; nearly always it is this one.
  init?(_ name: String) {
    guard name != "FP32" else {
      self = .float32
      return
    }
    self.init(rawValue: name)
  }

  /// How its bytes are read, with the protocol's binary extension.
  var elementType: ElementType {
    switch self {
    case .bool: .bool
    case .uint8: .uint8
    case .uint16: .uint16
    case .uint32: .uint32
    case .uint64: .uint64
    case .int8: .int8
    case .int16: .int16
    case .int32: .int32
    case .int64: .int64
    case .float16: .float16
    case .float32: .float32
    case .float64: .float64
    case .bfloat16: .bfloat16
    }
  }

  /// Whether JSON numbers may stand for it; the protocol has no text for the 16-bit floats, and Triton refuses them.
  var hasJSON: Bool {
    switch self {
    case .float16, .bfloat16: false
    default: true
    }
  }

  /// The whole numbers that it holds, as float32 rounds them (the largest of 32 and 64 bits go up to a power of two);
  /// nil if it holds fractions.
  var integers: ClosedRange<Double>? {
    switch self {
    case .bool: 0...1
    case .uint8: 0...255
    case .uint16: 0...65_535
    case .uint32: 0...0x1p32
    case .uint64: 0...0x1p64
    case .int8: -128...127
    case .int16: -32_768...32_767
    case .int32: -0x1p31...0x1p31
    case .int64: -0x1p63...0x1p63
    case .float16, .float32, .float64, .bfloat16: nil
    }
  }
}
