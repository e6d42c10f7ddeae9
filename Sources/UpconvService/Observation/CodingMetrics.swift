import Synchronization
package import UpconvMetrics

/// Bytes of contents in gzip or deflate, as they went over the wire and as they are without their coding. A content is
/// counted once it is whole.
package final class CodingMetrics: Sendable {
  private let receivedCoded = Atomic(0)
  private let receivedPlain = Atomic(0)
  private let sentCoded = Atomic(0)
  private let sentPlain = Atomic(0)

  package init() {}

  func addReceived(coded: Int, plain: Int) {
    receivedCoded.add(coded, ordering: .relaxed)
    receivedPlain.add(plain, ordering: .relaxed)
  }

  func addSent(coded: Int, plain: Int) {
    sentCoded.add(coded, ordering: .relaxed)
    sentPlain.add(plain, ordering: .relaxed)
  }

  package func write(to text: inout MetricsText) {
    let name = "upconv_coded_content_bytes_total"
    text.family(
      name, .counter,
      "Bytes of whole contents in gzip or deflate: coded, as they went, and plain, without their coding.")
    for (direction, form, count) in [
      ("received", "coded", receivedCoded.load(ordering: .relaxed)),
      ("received", "plain", receivedPlain.load(ordering: .relaxed)),
      ("sent", "coded", sentCoded.load(ordering: .relaxed)),
      ("sent", "plain", sentPlain.load(ordering: .relaxed)),
    ] {
      text.sample(name, count, [("direction", direction), ("form", form)])
    }
  }
}
