import CNghttp2
import Glibc

/// The memory of one session of libnghttp2, most of which goes back to the system while the session rests.
///
/// A session takes 26 KiB: 16 KiB for the frame that goes out, 4 KiB for a table of streams, and neither holds anything
/// while no request is under way. These two stand on pages of their own here, so that the pages can be given back without
/// the library's knowledge: it reads zeros from them then. All else comes from the C library, closely packed.
final class SessionMemory {
  /// Pages for pieces of a page or more; nil where the system gave none. What is freed of them is not used again.
  private let region: UnsafeMutableRawBufferPointer?
  private var usedBytes = 0
  /// What the library has of the region.
  private var pieces: [UnsafeMutableRawBufferPointer] = []
  /// The piece that the frame that goes out is put together in: the first that is large enough for it, as the session
  /// makes it before any peer has a say.
  private var frameBuffer: UnsafeMutableRawPointer?
  private var hasFrameBuffer = false

  private static let pageBytes = 4096
  /// The table, and the buffer with its frame's header.
  private static let regionBytes = 6 * pageBytes
  /// The largest payload that every peer takes.
  private static let leastFrameBytes = 16 << 10

  init() {
    let bytes = SessionMemory.regionBytes
    let start = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    if let start, start != MAP_FAILED {
      // Pages of neighbours would be joined to a huge one, with all that they do not hold.
      madvise(start, bytes, MADV_NOHUGEPAGE)
      region = UnsafeMutableRawBufferPointer(start: start, count: bytes)
    } else {
      region = nil
    }
  }

  deinit { if let region { munmap(region.baseAddress, region.count) } }

  /// How the library asks for memory. The object must outlive whatever is made with it.
  func allocator() -> nghttp2_mem {
    nghttp2_mem(
      mem_user_data: Unmanaged.passUnretained(self).toOpaque(),
      malloc: { byteCount, user in SessionMemory.of(user).allocate(byteCount) },
      free: { memory, user in SessionMemory.of(user).free(memory) },
      calloc: { count, size, user in
        let (byteCount, overflow) = count.multipliedReportingOverflow(by: size)
        // Pages of the region are zeros when they come.
        return overflow ? nil : SessionMemory.of(user).page(byteCount) ?? calloc(count, size)
      },
      realloc: { memory, byteCount, user in SessionMemory.of(user).reallocate(memory, byteCount) })
  }

  private static func of(_ user: UnsafeMutableRawPointer?) -> SessionMemory {
    Unmanaged<SessionMemory>.fromOpaque(user!).takeUnretainedValue()
  }

  /// Gives back what holds nothing: pages of zeros, and the buffer for frames.
  ///
  /// Only while the library has nothing to send: its buffer then holds a frame that has gone, and is written from its
  /// beginning before it is read again.
  func rest() {
    for piece in pieces where piece.baseAddress == frameBuffer || piece.allSatisfy({ $0 == 0 }) {
      madvise(piece.baseAddress, piece.count, MADV_DONTNEED)
    }
  }

  private func allocate(_ byteCount: Int) -> UnsafeMutableRawPointer? { page(byteCount) ?? malloc(byteCount) }

  /// Zeros from the region; nil for small pieces, and where there is no room.
  private func page(_ byteCount: Int) -> UnsafeMutableRawPointer? {
    guard let region, byteCount >= SessionMemory.pageBytes, byteCount <= region.count - usedBytes else { return nil }
    let pages = (byteCount + SessionMemory.pageBytes - 1) / SessionMemory.pageBytes
    let piece = UnsafeMutableRawBufferPointer(
      rebasing: region[usedBytes..<min(region.count, usedBytes + pages * SessionMemory.pageBytes)])
    usedBytes += piece.count
    pieces.append(piece)
    if byteCount >= SessionMemory.leastFrameBytes, !hasFrameBuffer {
      frameBuffer = piece.baseAddress
      hasFrameBuffer = true
    }
    return piece.baseAddress
  }

  private func free(_ memory: UnsafeMutableRawPointer?) {
    guard let index = pieces.firstIndex(where: { $0.baseAddress == memory && memory != nil }) else {
      return Glibc.free(memory)
    }
    pieces.remove(at: index)
    if frameBuffer == memory { frameBuffer = nil }
  }

  private func reallocate(_ memory: UnsafeMutableRawPointer?, _ byteCount: Int) -> UnsafeMutableRawPointer? {
    guard let memory else { return allocate(byteCount) }
    guard let piece = pieces.first(where: { $0.baseAddress == memory }) else { return realloc(memory, byteCount) }
    if byteCount <= piece.count { return memory }
    guard let larger = malloc(byteCount) else { return nil }
    memcpy(larger, memory, piece.count)
    free(memory)
    return larger
  }
}
