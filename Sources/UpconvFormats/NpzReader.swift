import UpconvCompression
import UpconvTensor

/// Reads an NPZ: a ZIP archive of .npy files, as `np.savez` and `np.savez_compressed` write it.
///
/// Holds the archive whole, since its directory comes last, and the tensors; entries are decompressed in
/// pieces of 64 KiB straight into their tensors.
package struct NpzReader: ~Copyable {
  private let limits: FormatLimits
  private var body: [UInt8] = []

  /// A reader of one archive.
  package init(limits: FormatLimits = FormatLimits()) { self.limits = limits }

  /// Takes all of `bytes`, in pieces of any size.
  /// - Throws: `.bodyTooLarge`, and `.zip` where the first bytes are no archive's: that is not collected first.
  package mutating func read(_ bytes: UnsafeRawBufferPointer) throws(NpzError) {
    for (byte, expected) in zip(bytes, NpzReader.signature.dropFirst(body.count)) where byte != expected {
      throw .zip(.missingRecord(.localHeader, offset: 0))
    }
    guard bytes.count <= limits.maxBodyBytes - body.count else {
      throw .bodyTooLarge(maxBytes: limits.maxBodyBytes)
    }
    body += bytes
  }

  /// Bytes of memory that hold what has come.
  package var heldBytes: Int { body.count }

  /// Ends the archive and reads it. O(decompressed bytes).
  /// - Throws: any `NpzError`.
  package mutating func finish() throws(NpzError) -> TensorBundle {
    try NpzReader.bundle(of: takeBody(), limits: limits)
  }

  /// Ends the archive without reading it, for `bundle(of:limits:)` on another thread.
  package mutating func takeBody() -> [UInt8] {
    let whole = body
    body = []
    return whole
  }

  /// Reads an archive that has come whole, so that it may happen on another thread than the reading did.
  /// - Parameter hold: called with the bytes of memory that the tensors take, each time that more have come; false ends
  ///   the reading. Elements of one or two bytes take four in a tensor, which the directory does not tell.
  /// - Throws: any `NpzError`; `.noMemory` only if `hold` returns false.
  package static func bundle(
    of body: [UInt8], limits: FormatLimits = FormatLimits(), hold: (_ heldBytes: Int) -> Bool = { _ in true }
  ) throws(NpzError) -> TensorBundle {
    guard body.count <= limits.maxBodyBytes else { throw .bodyTooLarge(maxBytes: limits.maxBodyBytes) }
    let archive = try archive(in: body, limits: limits)
    _ = try inflatedBytes(of: archive, limits: limits)
    let window = UnsafeMutableRawBufferPointer.allocate(byteCount: Inflater.windowBytes, alignment: 64)
    defer { window.deallocate() }
    var bundle = TensorBundle()
    var heldBytes = 0
    for entry in archive.entries {
      let tensor = try tensor(
        of: entry, in: archive, window: window, limits: limits, heldBytes: &heldBytes, hold: hold)
      bundle.tensors.append((String(entry.name.unicodeScalars.dropLast(suffix.count)), tensor))
    }
    return bundle
  }

  /// Bytes that the entries of an archive take once they are decompressed, by its directory: known before anything is.
  /// - Throws: any `NpzError` but `.npy`.
  package static func inflatedBytes(
    of body: [UInt8], limits: FormatLimits = FormatLimits()
  ) throws(NpzError) -> Int {
    try inflatedBytes(of: try archive(in: body, limits: limits), limits: limits)
  }

  private static func archive(in body: [UInt8], limits: FormatLimits) throws(NpzError) -> ZipArchive {
    do { return try ZipArchive(body, maxEntries: limits.maxEntries) } catch { throw .zip(error) }
  }

  /// No entry can give more than it declares.
  private static func inflatedBytes(of archive: ZipArchive, limits: FormatLimits) throws(NpzError) -> Int {
    var inflatedBytes = 0
    for entry in archive.entries {
      guard entry.name.utf8.count > suffix.count, entry.name.utf8.suffix(suffix.count).elementsEqual(suffix)
      else {
        throw .entryNotNpy(entry.name)
      }
      let (sum, overflow) = inflatedBytes.addingReportingOverflow(entry.uncompressedBytes)
      guard !overflow, sum <= limits.maxInflatedBytes else {
        throw .inflatedTooLarge(maxBytes: limits.maxInflatedBytes)
      }
      inflatedBytes = sum
    }
    return inflatedBytes
  }

  private static let suffix = Array(".npy".utf8)
  /// All records of a ZIP begin so.
  private static let signature = Array("PK".utf8)

  private static func tensor(
    of entry: ZipArchive.Entry, in archive: ZipArchive, window: UnsafeMutableRawBufferPointer,
    limits: FormatLimits, heldBytes: inout Int, hold: (Int) -> Bool
  ) throws(NpzError) -> Tensor {
    var data = ZipEntryReader(entry, in: archive)
    var reader = NpyReader(limits: limits)
    let before = heldBytes
    while true {
      let count: Int
      do { count = try data.read(into: window) } catch { throw .zip(error) }
      do throws(NpyError) {
        if count == 0 { return try reader.finish() }
        try reader.read(UnsafeRawBufferPointer(rebasing: window.prefix(count)))
      } catch {
        throw .npy(entry: entry.name, error)
      }
      heldBytes = before + reader.heldBytes
      guard hold(heldBytes) else { throw .noMemory }
    }
  }
}

/// Why data are no NPZ that is read here.
package enum NpzError: Error, Equatable, CustomStringConvertible {
  /// The archive itself is larger than allowed.
  case bodyTooLarge(maxBytes: Int)
  /// The archive is refused.
  case zip(ZipError)
  /// An entry whose name does not end with `.npy`, or is nothing else.
  case entryNotNpy(String)
  /// All entries together would be larger than allowed.
  case inflatedTooLarge(maxBytes: Int)
  /// The caller has no memory for the tensors.
  case noMemory
  /// An entry is refused.
  case npy(entry: String, NpyError)

  /// A sentence that names what is wrong and the rule.
  package var description: String {
    switch self {
    case .bodyTooLarge(let maxBytes): "the NPZ is too large: at most \(maxBytes) bytes are allowed"
    case .zip(let error): "\(error)"
    case .entryNotNpy(let name):
      "the NPZ has the entry \(quoted(name)): only names that end with .npy are allowed"
    case .inflatedTooLarge(let maxBytes):
      "the entries of the NPZ are too large: at most \(maxBytes) bytes are allowed when decompressed"
    case .noMemory: "there is no memory for the tensors of the NPZ"
    case .npy(let entry, let error): "in the NPZ entry \(quoted(entry)): \(error)"
    }
  }
}
