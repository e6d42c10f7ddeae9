/// One thing of the wire to time.
package struct WireCase {
  let name: String
  /// Bytes that its rate counts.
  let byteCount: Int
  let run: () throws -> Void

  package struct WrongResult: Error, CustomStringConvertible {
    let codec: String
    package var description: String { "\(codec) does not give back what it got" }
  }
}
