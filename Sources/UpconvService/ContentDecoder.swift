import UpconvCompression
import UpconvHTTP
import UpconvMemory

/// Reads one container's bytes as they come.
package protocol ContentDecoder: AnyObject {
  /// Takes all of `bytes`.
  func read(_ bytes: UnsafeRawBufferPointer) throws(ServiceError)
  /// Takes bytes from the front of `bytes`, at least one, and no more than about a millisecond's work; how many.
  func readPart(of bytes: UnsafeRawBufferPointer) throws(ServiceError) -> Int
  /// Bytes of memory that hold what has been read.
  var heldBytes: Int { get }
  /// Lends the memory where the next bytes belong: see `ContentReceiver.fill`.
  func fill(atMost byteCount: Int, by write: (UnsafeMutableRawBufferPointer) -> Int) -> Int?
  /// What the container begins with, if that tells it from others.
  static var signature: ContentSignature? { get }
}

extension ContentDecoder {
  package static var signature: ContentSignature? { nil }

  package func readPart(of bytes: UnsafeRawBufferPointer) throws(ServiceError) -> Int {
    let part = UnsafeRawBufferPointer(rebasing: bytes.prefix(16 << 10))
    try read(part)
    return part.count
  }

  package func fill(atMost byteCount: Int, by write: (UnsafeMutableRawBufferPointer) -> Int) -> Int? { nil }
}

/// A request's content, whose coding (RFC 9110 §8.4) is undone on the way into a decoder, a window at a time. What it
/// takes of memory is leased as it comes; on the head it is only asked whether there is room for an announced length.
final class CodedContent {
  private let decoder: any ContentDecoder
  private var inflater: Inflater?
  private let coding: String
  private let window: UnsafeMutableRawBufferPointer
  private let codings: CodingMetrics
  /// Bytes so far, as they came and without their coding; of coded contents only.
  private var (codedBytes, plainBytes) = (0, 0)
  /// Reading, inflating and parsing so far.
  private(set) var stages = StageTimes()
  /// The right to the memory of the request, from its head until its answer has gone.
  let lease: MemoryLease
  private let announcedBytes: Int?
  /// What to say of content that is of another kind than the decoder's.
  private let accepted: [String]
  private var firstBytes = InlineArray<48, UInt8>(repeating: 0)
  private var firstByteCount = 0
  /// Whether no byte has come.
  private(set) var isEmpty = true

  /// Inflated, they are read in half a millisecond; 256 KiB of JSON numbers are.
  private static let maxPartBytes = 256 << 10

  /// - Parameter accepted: the media types that the endpoint reads, for people.
  /// - Throws: `.unsupportedContentCoding`. Codings are not stacked: whoever compresses twice wants something else.
  ///   `.memory` where there is none for content of the length that the head announces.
  init(
    _ head: RequestHead, into decoder: any ContentDecoder, accepted: [String],
    _ configuration: borrowing ServiceConfiguration
  ) throws(ServiceError) {
    self.decoder = decoder
    self.accepted = accepted
    codings = configuration.codings
    let values = head.fields.values(of: "content-encoding")
    let names = ContentCodings(values)?.names
    coding = names?.first ?? ""
    let format: Inflater.Format? =
      switch names {
      case [], ["identity"]: nil
      case ["gzip"]: .gzip
      case ["deflate"]: .zlib
      default: throw .unsupportedContentCoding(values.joined(separator: ", "))
      }
    inflater = format.map { Inflater(format: $0, maxOutputBytes: configuration.maxInflatedBytes) }
    announcedBytes = CodedContent.announcedBytes(head.framing, isCoded: format != nil)
    lease = try CodedContent.lease(announcedBytes, isCoded: format != nil, configuration.memory)
    window =
      format == nil
      ? UnsafeMutableRawBufferPointer(start: nil, count: 0)
      : .allocate(byteCount: Inflater.windowBytes, alignment: 64)
    stages.enter(.read)
  }

  deinit { window.deallocate() }

  /// Content of known length takes about as much memory as it has bytes: all of it in binary forms, less in JSON. Who
  /// announces it is refused if there is not so much, and holds it as it comes.
  private static func lease(
    _ announcedBytes: Int?, isCoded: Bool, _ budget: MemoryBudget
  ) throws(ServiceError) -> MemoryLease {
    do {
      guard let announcedBytes else { return try budget.lease(isCoded ? inflatingBytes : 1) }
      return try budget.lease(announcing: announcedBytes)
    } catch { throw .memory(error) }
  }

  /// The window and the decompressor's own.
  private static let inflatingBytes = 2 * Inflater.windowBytes

  /// The length of content that needs no inflating.
  private static func announcedBytes(_ framing: RequestHead.Framing, isCoded: Bool) -> Int? {
    if case .contentLength(let length) = framing, !isCoded { length } else { nil }
  }

  /// Room for what has come, and of announced content for as much again: so that of many that come at once those that
  /// are ahead are not refused for others that began later. Who sends slowly holds little.
  private var bytesToLease: Int {
    let held = decoder.heldBytes + (inflater == nil ? 0 : CodedContent.inflatingBytes)
    guard let announcedBytes else { return held }
    let (ahead, overflow) = held.multipliedReportingOverflow(by: 2)
    return max(held, overflow ? held : min(announcedBytes, ahead))
  }

  /// Takes all of `bytes`.
  func read(_ bytes: UnsafeRawBufferPointer) throws(ServiceError) {
    isEmpty = isEmpty && bytes.isEmpty
    guard inflater != nil else {
      stages.enter(.parse)
      try decode(bytes)
      try leaseWhatCame()
      return stages.enter(.read)
    }
    var rest = bytes
    while try readWindow(of: &rest) > 0 {}
    stages.enter(.read)
  }

  /// Takes bytes from the front of `bytes`, at least one, and no more than about a millisecond's work; how many. Where
  /// they are inflated, it goes by what comes out, not by what goes in.
  func readPart(of bytes: UnsafeRawBufferPointer) throws(ServiceError) -> Int {
    isEmpty = isEmpty && bytes.isEmpty
    guard inflater != nil else {
      stages.enter(.parse)
      let count = try decodePart(of: bytes)
      try leaseWhatCame()
      stages.enter(.read)
      return count
    }
    let offered = UnsafeRawBufferPointer(rebasing: bytes.prefix(CodedContent.maxPartBytes))
    var rest = offered
    var made = 0
    // Where all input is taken, what the inflater still holds of it, a window at most, may be the end of the content.
    while made < CodedContent.maxPartBytes || rest.isEmpty {
      let count = try readWindow(of: &rest)
      if count == 0 { break }
      made += count
    }
    stages.enter(.read)
    guard rest.count == offered.count, !offered.isEmpty else { return offered.count - rest.count }
    // All that was made came from before: one byte at least is taken, so that the caller gets on.
    try read(UnsafeRawBufferPointer(rebasing: offered.prefix(1)))
    return 1
  }

  /// Lends the memory where the next bytes belong, where nothing has to be undone first.
  func fill(atMost byteCount: Int, by write: (UnsafeMutableRawBufferPointer) -> Int) -> Int? {
    // Where there is no memory for them, the bytes have to be looked at, and whoever does that answers.
    guard inflater == nil, (try? lease.grow(toHold: decoder.heldBytes + byteCount)) != nil else { return nil }
    return decoder.fill(atMost: byteCount, by: write)
  }

  private func decode(_ bytes: UnsafeRawBufferPointer) throws(ServiceError) {
    keepFirst(of: bytes)
    do { try decoder.read(bytes) } catch { throw explained(error) }
  }

  private func decodePart(of bytes: UnsafeRawBufferPointer) throws(ServiceError) -> Int {
    keepFirst(of: bytes)
    do { return try decoder.readPart(of: bytes) } catch { throw explained(error) }
  }

  private func keepFirst(of bytes: UnsafeRawBufferPointer) {
    for byte in bytes.prefix(firstBytes.count - firstByteCount) {
      firstBytes[firstByteCount] = byte
      firstByteCount += 1
    }
  }

  /// Returns what is wrong with content that is not of the decoder's kind; else the error itself.
  private func explained(_ error: ServiceError) -> ServiceError {
    switch error {
    case .json, .safetensors, .npz, .npy:
      let first = (0..<firstByteCount).map { firstBytes[$0] }
      guard let signature = ContentSignature(first), signature != type(of: decoder).signature else { return error }
      return .mistakenContent(signature, accepted: accepted)
    default: return error
    }
  }

  private func leaseWhatCame() throws(ServiceError) {
    do { try lease.grow(toHold: bytesToLease) } catch { throw .memory(error) }
  }

  /// The content is complete.
  /// - Throws: `.coding` where the coding is not.
  func finish() throws(ServiceError) {
    guard inflater != nil else { return }
    do { try inflater?.finish() } catch { throw .coding(coding, error) }
    codings.addReceived(coded: codedBytes, plain: plainBytes)
  }

  /// Inflates a window's worth at most, to where the decoder wants it where it says so; how many bytes came out.
  private func readWindow(of rest: inout UnsafeRawBufferPointer) throws(ServiceError) -> Int {
    var inflated = Result<Int, ServiceError>.success(0)
    let isInPlace =
      decoder.fill(atMost: window.count) { room in
        inflated = inflate(&rest, into: room)
        return (try? inflated.get()) ?? 0
      } != nil
    let count = isInPlace ? try inflated.get() : try inflate(&rest, into: window).get()
    if !isInPlace, count > 0 {
      stages.enter(.parse)
      try decode(UnsafeRawBufferPointer(rebasing: window.prefix(count)))
    }
    try leaseWhatCame()
    return count
  }

  private func inflate(
    _ rest: inout UnsafeRawBufferPointer, into room: UnsafeMutableRawBufferPointer
  ) -> Result<Int, ServiceError> {
    stages.enter(.inflate)
    let offered = rest.count
    do {
      let count = try inflater?.inflate(from: &rest, into: room) ?? 0
      codedBytes += offered - rest.count
      plainBytes += count
      return .success(count)
    } catch { return .failure(.coding(coding, error)) }
  }
}
