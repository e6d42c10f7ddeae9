/// The element types that binary containers may carry. All are computed in float32.
package enum ElementType: Sendable, Hashable, CaseIterable {
  case float32, float16, bfloat16, float64
  case int8, uint8, int16, uint16, int32, uint32, int64, uint64
  /// One byte; 0 is false, anything else true.
  case bool

  package var byteCount: Int {
    switch self {
    case .int8, .uint8, .bool: 1
    case .float16, .bfloat16, .int16, .uint16: 2
    case .float32, .int32, .uint32: 4
    case .float64, .int64, .uint64: 8
    }
  }
}

/// The order of an element's bytes in a container.
package enum ByteOrder: Sendable { case little, big }
