/// Finds what somebody may have meant.
package enum NearestName {
  /// The known name that differs from `name` in the fewest letters, where that is at most a third of its length.
  /// O(length of `name` × letters of all known names); `name` is not looked at where it is longer than 64 bytes.
  package static func of(_ name: String, among known: [String]) -> String? {
    guard name.utf8.count <= 64 else { return nil }
    let candidates = known.map {
      (name: $0, distance: distance(Array(name.lowercased().utf8), Array($0.lowercased().utf8)))
    }
    guard let nearest = candidates.min(by: { $0.distance < $1.distance }),
      nearest.distance <= max(1, nearest.name.utf8.count / 3)
    else { return nil }
    return nearest.name
  }

  /// Letters to insert, drop, change, or swap with their neighbour (Damerau 1964, Levenshtein 1965).
  private static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...b.count)
    for row in a.indices {
      var current = [row + 1]
      for column in b.indices {
        var least = min(
          last[column + 1] + 1, current[column] + 1, last[column] + (a[row] == b[column] ? 0 : 1))
        if row > 0, column > 0, a[row] == b[column - 1], a[row - 1] == b[column] {
          least = min(least, beforeLast[column - 1] + 1)
        }
        current.append(least)
      }
      (beforeLast, last) = (last, current)
    }
    return last[b.count]
  }
}
