/// The places of a schedule's pixels and taps, as the tiles read them: reached without counting references.
// SAFETY: the memory is this object's own, written in its init and only read until its deinit.
final class OffsetTable: @unchecked Sendable {
  /// Some neighbouring places, by the place of the first in the table.
  struct Slice: Sendable {
    fileprivate let start: Int
  }

  let count: Int
  private let places: UnsafeMutablePointer<Int>

  init(_ given: [Int]) {
    count = given.count
    places = .allocate(capacity: max(1, count))
    given.withUnsafeBufferPointer { given in
      guard let start = given.baseAddress else { return }
      places.initialize(from: start, count: given.count)
    }
  }

  deinit { places.deallocate() }

  /// Collects the places of a table that is yet to be made.
  static func append(_ places: [Int], to collected: inout [Int]) -> Slice {
    defer { collected += places }
    return Slice(start: collected.count)
  }

  /// Valid for as long as the table is.
  subscript(slice: Slice) -> UnsafePointer<Int> { UnsafePointer(places + slice.start) }
}
