import UpconvFormats
import UpconvMemory

extension TensorBundle {
  /// Decompresses an NPZ beside its bytes. O(decompressed bytes).
  /// - Parameter lease: grows before anything is decompressed.
  /// - Throws: `.npz`, `.memory`.
  init(ofArchive bytes: [UInt8], _ limits: FormatLimits, _ lease: MemoryLease) throws(ServiceError) {
    let inflatedBytes: Int
    do { inflatedBytes = try NpzReader.inflatedBytes(of: bytes, limits: limits) } catch { throw .npz(error) }
    do { try lease.grow(toHold: bytes.count + inflatedBytes) } catch { throw .memory(error) }
    do { self = try NpzReader.bundle(of: bytes, limits: limits) } catch { throw .npz(error) }
  }
}
