import UpconvJSON
package import UpconvTensor

/// Reads a safetensors file as it arrives, each tensor's data straight into its memory.
///
/// Holds the header's JSON and the tensors, never the file.
/// - Source: github.com/huggingface/safetensors, README "Format".
package struct SafetensorsReader: ~Copyable {
  private enum Stage {
    /// In the 8 bytes of the header's length.
    case length
    case header
    case data
  }

  private let limits: FormatLimits
  private var stage = Stage.length
  /// The header's length, as far as it came, lowest byte first.
  private var headerBytes: UInt64 = 0
  private var headerBytesRead = 0
  private var json: JSONReader
  private var header: SafetensorsHeader?
  /// Takes the data of the entry after those in `bundle.tensors`.
  private var sink: ElementSink?
  private var dataBytesRead = 0
  private var bundle = TensorBundle()
  /// Bytes of the tensors in it.
  private var wholeBytes = 0
  private var failure: SafetensorsError?

  private static let lengthBytes = 8

  /// A reader of one file.
  package init(limits: FormatLimits = FormatLimits()) {
    self.limits = limits
    // A header nests three deep; a few more, so that a shape within a shape is called that. A tree costs up
    // to four times the text of a header that describes tensors; one that costs more describes nothing.
    let (treeBytes, overflow) = limits.maxHeaderBytes.multipliedReportingOverflow(by: 4)
    json = JSONReader(
      limits: JSONLimits(maxDepth: 8, maxTreeBytes: overflow ? .max : treeBytes, tensor: limits.tensor),
      isNumberArray: { _ in false })
  }

  /// Takes all of `bytes`, in pieces of any size. O(bytes).
  /// - Throws: any `SafetensorsError` but the truncated ones. After an error the same error comes again.
  package mutating func read(_ bytes: UnsafeRawBufferPointer) throws(SafetensorsError) {
    if let failure { throw failure }
    do throws(SafetensorsError) {
      try advance(bytes)
    } catch {
      failure = error
      throw error
    }
  }

  /// Lends the memory where the next bytes belong, at most `byteCount` of them; `write` answers how many it has written.
  /// - Returns: what `write` answered, or nil if the bytes have to be looked at: outside of a tensor of float32.
  package mutating func fill(atMost byteCount: Int, by write: (UnsafeMutableRawBufferPointer) -> Int) -> Int? {
    guard failure == nil, stage == .data, var sink = self.sink.take() else { return nil }
    let written = sink.fill(atMost: byteCount, by: write)
    self.sink = consume sink
    dataBytesRead += written ?? 0
    // Ends the tensor if that was the rest of it. An error is told by the next call.
    if written != nil { try? read(UnsafeRawBufferPointer(start: nil, count: 0)) }
    return written
  }

  /// Ends the file and answers its tensors, in the order of their data.
  /// - Throws: `.truncatedHeader`, `.truncatedData`, or the error that came before.
  package mutating func finish() throws(SafetensorsError) -> TensorBundle {
    if let failure { throw failure }
    switch stage {
    case .length:
      throw .truncatedHeader(expectedBytes: SafetensorsReader.lengthBytes, foundBytes: headerBytesRead)
    case .header:
      throw .truncatedHeader(expectedBytes: Int(clamping: headerBytes), foundBytes: headerBytesRead)
    case .data:
      if let remaining = sink?.remainingBytes {
        throw .truncatedData(tensor: nextEntry?.name ?? "", missingBytes: remaining)
      }
      return bundle
    }
  }

  /// Bytes of memory that hold what has come of the header and of the tensors.
  package var heldBytes: Int {
    switch sink {
    case .some(let sink): json.heldBytes + wholeBytes + sink.heldBytes
    case .none: json.heldBytes + wholeBytes
    }
  }

  /// What the header says of each tensor, in the order of their data; nil until the header is read. Whoever knows what
  /// must be in the file can refuse it before any data are.
  package var describedTensors: [(name: String, type: ElementType, shape: Shape)]? {
    header?.entries.map { ($0.name, $0.type, $0.shape) }
  }

  private mutating func advance(_ bytes: UnsafeRawBufferPointer) throws(SafetensorsError) {
    var rest = bytes
    if stage == .length { try readLength(&rest) }
    if stage == .header { try readHeader(&rest) }
    if stage == .data { try readData(&rest) }
  }

  private mutating func readLength(_ bytes: inout UnsafeRawBufferPointer) throws(SafetensorsError) {
    while headerBytesRead < SafetensorsReader.lengthBytes, let byte = bytes.first {
      headerBytes |= UInt64(byte) << (8 * UInt64(headerBytesRead))
      headerBytesRead += 1
      bytes = UnsafeRawBufferPointer(rebasing: bytes.dropFirst())
    }
    guard headerBytesRead == SafetensorsReader.lengthBytes else { return }
    // `version `, the beginning of a pointer to the file that Git LFS has elsewhere.
    guard headerBytes != 0x206E_6F69_7372_6576 else { throw .gitLFSPointer }
    guard headerBytes <= UInt64(max(limits.maxHeaderBytes, 0)) else {
      throw .headerTooLong(bytes: headerBytes, maxBytes: limits.maxHeaderBytes)
    }
    guard headerBytes > 0 else { throw .emptyHeader }
    headerBytesRead = 0
    stage = .header
  }

  private mutating func readHeader(_ bytes: inout UnsafeRawBufferPointer) throws(SafetensorsError) {
    let mine = UnsafeRawBufferPointer(rebasing: bytes.prefix(Int(headerBytes) - headerBytesRead))
    // Not even blanks may come before: the first 9 bytes tell the format.
    if headerBytesRead == 0, let first = mine.first, first != UInt8(ascii: "{") {
      throw .headerNotAnObject(firstByte: first)
    }
    headerBytesRead += mine.count
    bytes = UnsafeRawBufferPointer(rebasing: bytes.dropFirst(mine.count))
    let document: JSONValue
    do throws(JSONError) {
      try json.read(mine)
      guard headerBytesRead == Int(headerBytes) else { return }
      document = try json.finish()
    } catch {
      throw .json(error)
    }
    let header = try SafetensorsHeader(document, limits: limits)
    bundle.metadata = header.metadata
    self.header = header
    stage = .data
  }

  private mutating func readData(_ bytes: inout UnsafeRawBufferPointer) throws(SafetensorsError) {
    while let entry = nextEntry {
      do throws(TensorBuilderError) {
        // One tensor's memory at a time is taken before its data are there.
        var sink =
          self.sink.take()
          ?? ElementSink(
            shape: entry.shape, type: entry.type, byteOrder: .little, byteCount: entry.byteCount)
        let offered = bytes.count
        try sink.take(&bytes)
        dataBytesRead += offered - bytes.count
        guard sink.remainingBytes == 0 else {
          self.sink = consume sink
          return
        }
        wholeBytes += sink.heldBytes
        bundle.tensors.append((entry.name, try sink.finish()))
      } catch {
        throw .elements(tensor: entry.name, error)
      }
    }
    guard bytes.isEmpty else { throw .trailingBytes(dataBytes: dataBytesRead) }
  }

  /// The entry whose data come next.
  private var nextEntry: SafetensorsHeader.Entry? {
    guard let header, bundle.tensors.count < header.entries.count else { return nil }
    return header.entries[bundle.tensors.count]
  }
}
