import Glibc

/// Memory between two pages that nobody may touch: a read or write beyond the elements ends the process.
///
/// A page cannot be had by the element, so the elements touch one of the two guards exactly, and what is left of
/// their pages on the other side is filled with `unwritten` bytes and can be checked. Elements that nobody has written
/// are `unwritten` too: as floats they are NaNs, which no sum can swallow.
// One owner: whoever made it keeps it alive while pointers into it are used (`withExtendedLifetime`); deinit unmaps.
package final class GuardedBuffer<Element: BitwiseCopyable> {
  /// The guard that the elements touch.
  package enum Edge: Sendable, CaseIterable {
    case start
    case end
  }

  package let start: UnsafeMutablePointer<Element>
  package let count: Int
  private let mapping: UnsafeMutableRawPointer
  private let mappedBytes: Int
  private let pages: UnsafeMutableRawBufferPointer

  /// Elements that are not written yet.
  package init(count: Int, touching edge: Edge = .end) {
    let page = sysconf(Int32(_SC_PAGESIZE))
    let bytes = count * MemoryLayout<Element>.stride
    let pageBytes = (bytes + page - 1) / page * page
    mappedBytes = pageBytes + 2 * page
    guard
      let mapping = mmap(nil, mappedBytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), mapping != MAP_FAILED,
      mprotect(mapping + page, pageBytes, PROT_READ | PROT_WRITE) == 0
    else { fatalError("no memory for \(mappedBytes) guarded bytes: errno \(errno)") }
    self.mapping = mapping
    self.count = count
    pages = UnsafeMutableRawBufferPointer(start: mapping + page, count: pageBytes)
    start = (mapping + page + (edge == .end ? pageBytes - bytes : 0)).bindMemory(to: Element.self, capacity: count)
    memset(pages.baseAddress!, Int32(GuardedBuffer.unwritten), pageBytes)
  }

  /// Elements that may only be read: a write ends the process too.
  package convenience init(reading elements: [Element], touching edge: Edge = .end) {
    self.init(count: elements.count, touching: edge)
    for (index, element) in elements.enumerated() { start[index] = element }
    guard mprotect(pages.baseAddress!, pages.count, PROT_READ) == 0 else { fatalError("mprotect: errno \(errno)") }
  }

  deinit { munmap(mapping, mappedBytes) }

  /// The byte that stands where nothing was written.
  private static var unwritten: UInt8 { 0xFF }

  package var elements: [Element] { Array(UnsafeBufferPointer(start: start, count: count)) }

  /// Whether element `index` still is what it was in the beginning.
  package func isUnwritten(_ index: Int) -> Bool {
    GuardedBuffer.isUnwritten(UnsafeRawPointer(start + index), MemoryLayout<Element>.stride)
  }

  /// Whether nothing was written beside the elements, on the side that no guard touches.
  package var isCleanBeside: Bool {
    let first = UnsafeRawPointer(pages.baseAddress!)
    let before = UnsafeRawPointer(start) - first
    let end = before + count * MemoryLayout<Element>.stride
    return GuardedBuffer.isUnwritten(first, before) && GuardedBuffer.isUnwritten(first + end, pages.count - end)
  }

  /// Compares bytes with their neighbours, all at once: a closure a byte takes seconds in debug mode.
  private static func isUnwritten(_ bytes: UnsafeRawPointer, _ count: Int) -> Bool {
    guard count > 0 else { return true }
    return bytes.load(as: UInt8.self) == unwritten && memcmp(bytes, bytes + 1, count - 1) == 0
  }

  /// Forgets everything.
  package func clear() { memset(start, Int32(GuardedBuffer.unwritten), count * MemoryLayout<Element>.stride) }
}
