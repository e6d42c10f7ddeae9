/// One record of an event file: what TensorBoard shows at one step.
/// - Source: TensorFlow's event.proto and summary.proto, whose field numbers stand here.
struct Event: Sendable {
  enum Content: Sendable {
    case fileVersion
    case graph([GraphNode])
    case scalar(tag: String, Double)
    case histogram(tag: String, HistogramSummary)
    /// RGB.
    case image(tag: String, width: Int, height: Int, png: [UInt8])
  }

  let step: Int
  let content: Content

  /// The protobuf message.
  /// - Parameter wallTime: seconds since 1970.
  func bytes(wallTime: Double) -> [UInt8] {
    var event = ProtobufWriter()
    event.field(1, double: wallTime)
    event.field(2, integer: step)
    switch content {
    case .fileVersion: event.field(3, string: "brain.Event:2")
    case .graph(let nodes): event.field(4, bytes: GraphNode.graph(nodes))
    case .scalar(let tag, let value): event.summary(tag) { $0.field(2, float: Float(value)) }
    case .histogram(let tag, let histogram): event.summary(tag) { $0.field(5) { histogram.write(to: &$0) } }
    case .image(let tag, let width, let height, let png):
      event.summary(tag) { value in
        value.field(4) { image in
          image.field(1, integer: height)
          image.field(2, integer: width)
          image.field(3, integer: 3)
          image.field(4, bytes: png)
        }
      }
    }
    return event.bytes
  }
}

extension ProtobufWriter {
  /// A `Summary` with one `Value`.
  fileprivate mutating func summary(_ tag: String, _ content: (inout ProtobufWriter) -> Void) {
    field(5) { summary in
      summary.field(1) { value in
        value.field(1, string: tag)
        content(&value)
      }
    }
  }
}
