package import UpconvTensor

/// Reads one .npy file as it arrives, straight into a tensor's memory.
///
/// Holds the header, up to 10,000 bytes, and the tensor; column-major data a second time while they are
/// turned.
/// - Source: numpy.lib.format, versions 1.0, 2.0 and 3.0.
package struct NpyReader: ~Copyable {
  private let limits: FormatLimits
  /// Magic bytes, version, length and header text, as far as they came.
  private var header: [UInt8] = []
  private var isHeaderComplete = false
  private var isFortranOrder = false
  private var dataBytes = 0
  private var sink: ElementSink?
  private var failure: NpyError?

  /// A reader of one file. `limits.maxHeaderBytes` counts where it is below the format's own 10,000.
  package init(limits: FormatLimits = FormatLimits()) { self.limits = limits }

  /// Takes all of `bytes`, in pieces of any size. O(bytes).
  /// - Throws: any `NpyError` but the truncated ones. After an error the same error comes again.
  package mutating func read(_ bytes: UnsafeRawBufferPointer) throws(NpyError) {
    if let failure { throw failure }
    do throws(NpyError) {
      try advance(bytes)
    } catch {
      failure = error
      throw error
    }
  }

  /// Bytes of memory that hold what has come, and once more for column-major data, which are turned at the end.
  package var heldBytes: Int {
    switch sink {
    case .some(let sink): sink.heldBytes * (isFortranOrder ? 2 : 1)
    case .none: 0
    }
  }

  /// Ends the file and answers its tensor, once.
  /// - Throws: `.truncatedHeader`, `.truncatedData`, or the error that came before.
  package mutating func finish() throws(NpyError) -> Tensor {
    if let failure { throw failure }
    guard let sink = sink.take() else { throw .truncatedHeader(foundBytes: header.count) }
    guard sink.remainingBytes == 0 else {
      throw .truncatedData(expectedBytes: dataBytes, foundBytes: dataBytes - sink.remainingBytes)
    }
    let tensor: Tensor
    do { tensor = try sink.finish() } catch { throw .elements(error) }
    return isFortranOrder ? tensor.rowMajorFromColumnMajor() : tensor
  }

  private mutating func advance(_ bytes: UnsafeRawBufferPointer) throws(NpyError) {
    var rest = bytes
    while !isHeaderComplete {
      let (end, isLast) = try nextMilestone()
      let taken = rest.prefix(end - header.count)
      header += taken
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(taken.count))
      guard header.count == end else { return }
      if isLast { try beginData() }
    }
    do { try sink?.take(&rest) } catch { throw .elements(error) }
    // numpy leaves bytes after the data unread; here they are refused, so that a file has one meaning only.
    guard rest.isEmpty else { throw .trailingBytes(expectedBytes: dataBytes) }
  }

  /// Bytes of the header up to which it must come before more is known of it: version, length, end of the
  /// text.
  private func nextMilestone() throws(NpyError) -> (end: Int, isLast: Bool) {
    let versionEnd = NpyHeader.magic.count + 2
    guard header.count >= versionEnd else { return (versionEnd, false) }
    guard header.starts(with: NpyHeader.magic) else { throw .notNpy }
    let (major, minor) = (header[versionEnd - 2], header[versionEnd - 1])
    guard 1...3 ~= major, minor == 0 else { throw .unsupportedVersion(major: major, minor: minor) }
    // 1.0 counts the text in 2 bytes, 2.0 in 4; 3.0 is 2.0 with UTF-8 in place of Latin-1.
    let textStart = versionEnd + (major == 1 ? 2 : 4)
    guard header.count >= textStart else { return (textStart, false) }
    let textBytes = header[versionEnd..<textStart].reversed().reduce(0) { $0 << 8 | Int($1) }
    // Before anything is held: the length is the sender's word.
    let maxBytes = min(NpyHeader.maxBytes, limits.maxHeaderBytes)
    guard textBytes <= maxBytes else { throw .headerTooLong(bytes: textBytes, maxBytes: maxBytes) }
    return (textStart + textBytes, true)
  }

  /// Reads the header's text and makes room for the data.
  private mutating func beginData() throws(NpyError) {
    let textStart = header[NpyHeader.magic.count] == 1 ? 10 : 12
    let header = try NpyHeader(text: Array(header[textStart...]))
    self.header = []
    do throws(ShapeError) {
      let shape = try Shape(header.dimensions, limits: limits.tensor)
      dataBytes = try ElementSink.byteCount(of: shape, as: header.elementType)
      sink = ElementSink(
        shape: shape, type: header.elementType, byteOrder: header.byteOrder, byteCount: dataBytes)
    } catch {
      throw .shape(error)
    }
    isFortranOrder = header.isFortranOrder
    isHeaderComplete = true
  }
}
