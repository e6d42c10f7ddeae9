/// A node of a model's graph: an operation with the names of the nodes that it reads.
/// - Source: TensorFlow's graph.proto, node_def.proto, attr_value.proto and tensor_shape.proto, whose field numbers stand
///   here.
struct GraphNode: Sendable {
  /// A value of an attribute.
  enum Attribute: Sendable {
    case text(String)
    case integer(Int)
    case number(Double)
    case flag(Bool)
    case integers([Int])
    case float32
    /// -1 where a length varies.
    case shape([Int])
    case shapes([[Int]])
  }

  let name: String
  let operation: String
  let inputs: [String]
  let attributes: [(name: String, value: Attribute)]

  /// - Parameters:
  ///   - outputShape: what TensorBoard writes along the edges; -1 where a length varies.
  init(
    name: String, operation: String, inputs: [String] = [], outputShape: [Int],
    attributes: [(name: String, value: Attribute)] = []
  ) {
    self.name = name
    self.operation = operation
    self.inputs = inputs
    self.attributes = [("T", .float32), ("_output_shapes", .shapes([outputShape]))] + attributes
  }

  /// A `GraphDef`.
  static func graph(_ nodes: [GraphNode]) -> [UInt8] {
    var graph = ProtobufWriter()
    for node in nodes { graph.field(1) { node.write(to: &$0) } }
    // The producer's version of the format: readers ask for at least what TensorFlow 1 wrote.
    graph.field(4) { $0.field(1, integer: 27) }
    return graph.bytes
  }

  private func write(to node: inout ProtobufWriter) {
    node.field(1, string: name)
    node.field(2, string: operation)
    for input in inputs { node.field(3, string: input) }
    // A map: entries of key and value.
    for attribute in attributes {
      node.field(5) { entry in
        entry.field(1, string: attribute.name)
        entry.field(2) { attribute.value.write(to: &$0) }
      }
    }
  }
}

extension GraphNode.Attribute {
  fileprivate func write(to value: inout ProtobufWriter) {
    switch self {
    case .integers(let integers): value.field(1) { $0.field(3, integers: integers) }
    case .shapes(let shapes):
      value.field(1) { list in
        for shape in shapes { list.field(7) { $0.shape(shape) } }
      }
    case .text(let text): value.field(2, string: text)
    case .integer(let integer): value.field(3, integer: integer)
    case .number(let number): value.field(4, float: Float(number))
    case .flag(let flag): value.field(5, integer: flag ? 1 : 0)
    // DT_FLOAT of types.proto.
    case .float32: value.field(6, integer: 1)
    case .shape(let shape): value.field(7) { $0.shape(shape) }
    }
  }
}

extension ProtobufWriter {
  fileprivate mutating func shape(_ lengths: [Int]) {
    for length in lengths { field(2) { $0.field(1, integer: length) } }
  }
}
