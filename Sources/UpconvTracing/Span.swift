/// A piece of work with a beginning and an end, as OpenTelemetry has it.
package struct Span: Sendable, Equatable {
  package enum Kind: Int, Sendable {
    case `internal` = 1
    case server = 2
  }

  package enum Value: Sendable, Equatable {
    case string(String)
    case integer(Int)
  }

  package let trace: [UInt8]
  package let identity: [UInt8]
  package let parent: [UInt8]?
  package let name: String
  package let kind: Kind
  package let startNanosecondsSince1970: Int
  package let endNanosecondsSince1970: Int
  package let attributes: [(name: String, value: Value)]
  /// An error of ours, as status codes from 500 on are.
  package let isError: Bool

  package init(
    trace: [UInt8], identity: [UInt8], parent: [UInt8]?, name: String, kind: Kind, startNanosecondsSince1970: Int,
    endNanosecondsSince1970: Int, attributes: [(name: String, value: Value)] = [], isError: Bool = false
  ) {
    self.trace = trace
    self.identity = identity
    self.parent = parent
    self.name = name
    self.kind = kind
    self.startNanosecondsSince1970 = startNanosecondsSince1970
    self.endNanosecondsSince1970 = endNanosecondsSince1970
    self.attributes = attributes
    self.isError = isError
  }

  package static func == (a: Span, b: Span) -> Bool {
    a.identity == b.identity && a.trace == b.trace && a.name == b.name
  }

  /// A new identity for a span (8 bytes) or a trace (16), never all zero.
  package static func newIdentity(byteCount: Int) -> [UInt8] {
    var generator = SystemRandomNumberGenerator()
    var bytes = (0..<byteCount).map { _ in UInt8.random(in: 0...255, using: &generator) }
    if bytes.allSatisfy({ $0 == 0 }) { bytes[byteCount - 1] = 1 }
    return bytes
  }
}
