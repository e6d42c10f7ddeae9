import Synchronization
import UpconvFormats
import UpconvMemory

/// An NPZ that has come whole, until somebody decompresses it.
///
/// A job keeps what it captures as long as it runs; the archive's bytes leave with the one call that reads them.
package final class CollectedArchive: Sendable {
  package let byteCount: Int
  private let bytes: Mutex<[UInt8]>

  package init(_ bytes: [UInt8]) {
    byteCount = bytes.count
    self.bytes = Mutex(bytes)
  }

  /// Returns the bytes once; nothing the next time.
  package func take() -> [UInt8] {
    bytes.withLock { bytes in
      defer { bytes = [] }
      return bytes
    }
  }
}

extension TensorBundle {
  /// Decompresses an NPZ beside its bytes, which are gone afterwards. O(decompressed bytes).
  /// - Parameter lease: grows before anything is decompressed, and with what the tensors take beyond that.
  /// - Throws: `.npz`, `.memory`.
  init(ofArchive archive: CollectedArchive, _ limits: FormatLimits, _ lease: MemoryLease) throws(ServiceError) {
    let bytes = archive.take()
    let inflatedBytes: Int
    do { inflatedBytes = try NpzReader.inflatedBytes(of: bytes, limits: limits) } catch { throw .npz(error) }
    do { try lease.grow(toHold: bytes.count + inflatedBytes) } catch { throw .memory(error) }
    var refusal: MemoryRefusal?
    do throws(NpzError) {
      self = try NpzReader.bundle(of: bytes, limits: limits) { heldBytes in
        do throws(MemoryRefusal) {
          try lease.grow(toHold: bytes.count + heldBytes)
          return true
        } catch {
          refusal = error
          return false
        }
      }
    } catch {
      if let refusal { throw .memory(refusal) }
      throw .npz(error)
    }
  }
}
