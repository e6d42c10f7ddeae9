import UpconvHTTP
import UpconvJSON
import UpconvMemory

/// Takes a small JSON object as a request's content, and hands it on when it is whole.
final class SmallContent: ContentReceiver {
  private let handle: @Sendable ([JSONValue.Member]) throws(ServiceError) -> Outcome
  private var bytes: [UInt8] = []
  /// The right to hold them.
  private let lease: MemoryLease

  private static let maxBytes = 1 << 20

  /// - Parameter handle: gets no members where there is no content.
  /// - Throws: `.memory`.
  init(
    _ memory: MemoryBudget, _ handle: @escaping @Sendable ([JSONValue.Member]) throws(ServiceError) -> Outcome
  ) throws(ServiceError) {
    self.handle = handle
    do { lease = try memory.lease(0) } catch { throw .memory(error) }
  }

  func receive(_ bytes: UnsafeRawBufferPointer) -> Response? {
    guard self.bytes.count + bytes.count <= SmallContent.maxBytes else {
      return Problem(.tooMuchContent(maxBytes: SmallContent.maxBytes)).response
    }
    do { try lease.grow(toHold: self.bytes.count + bytes.count) } catch { return Problem(.memory(error)).response }
    self.bytes += bytes
    return nil
  }

  func end() -> Outcome {
    do throws(ServiceError) {
      guard !bytes.isEmpty else { return try handle([]) }
      let document: JSONValue
      do {
        document = try JSONValue.parse(String(decoding: bytes, as: UTF8.self), limits: JSONLimits(maxDepth: 16))
      } catch { throw .json(error) }
      guard case .object(let members) = document else {
        throw .inference(.wrongValue(field: "the content", value: document.excerpt, rule: "a JSON object"))
      }
      return try handle(members)
    } catch { return .respond(Problem(error).response) }
  }
}
