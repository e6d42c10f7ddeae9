/// The fields of a head or a trailer section, in order, duplicates kept (RFC 9110 §5.3).
///
/// The octets of all fields stand in one array, and a table says where; a string is made for whoever asks for one.
/// A table, not a dictionary: heads are short, and no choice of names can make look-ups slow.
package struct HTTPFields: Sendable, Equatable {
  package struct Field: Sendable, Equatable {
    /// In lower case.
    package let name: String
    /// Without the white space around it.
    package let value: String
  }

  /// Where the octets of one field stand.
  private struct Place: Sendable {
    var name: Range<Int>
    var value: Range<Int>
  }

  private var octets: [UInt8] = []
  private var places: [Place] = []

  package init() {}

  /// Room for the fields of `section`, whose octets are copied at once; none of them is a field yet.
  init(section: UnsafeRawBufferPointer, lineCount: Int) {
    octets = Array(section)
    places.reserveCapacity(lineCount)
  }

  /// Makes a field of octets of the section, and writes its name in lower case. The ranges lie within the section.
  mutating func appendFromSection(name: Range<Int>, value: Range<Int>) {
    octets.withUnsafeMutableBytes { octets in
      for index in name { octets[index] = octets[index].inLowerCase }
    }
    places.append(Place(name: name, value: value))
  }

  /// Appends a field. `name` must be a lower-case token and `value` free of CR, LF and NUL: the parser checks
  /// what it read, and the encoder checks again what is about to be sent.
  package mutating func append(_ name: String, _ value: String) {
    if places.isEmpty {
      octets.reserveCapacity(256)
      places.reserveCapacity(8)
    }
    let start = octets.count
    octets.append(text: name)
    let nameEnd = octets.count
    octets.append(text: value)
    places.append(Place(name: start..<nameEnd, value: nameEnd..<octets.count))
  }

  /// Gives the field at `index` another value.
  mutating func replaceValue(at index: Int, with value: String) {
    let start = octets.count
    octets += value.utf8
    places[index].value = start..<octets.count
  }

  /// Octets of all names and values.
  var octetCount: Int { octets.count }

  /// How many fields there are.
  package var count: Int { places.count }

  /// All fields, as strings. O(octets).
  package var fields: [Field] {
    places.map { Field(name: string(octets[$0.name]), value: string(octets[$0.value])) }
  }

  /// All values of `name` (in lower case), in order. Octets outside ASCII are read as UTF-8; where they are not that,
  /// as U+FFFD (RFC 9110 §5.5: obs-text is opaque).
  package func values(of name: String) -> [String] {
    var values: [String] = []
    for place in places where isNamed(name, place) { values.append(string(octets[place.value])) }
    return values
  }

  /// The first value of `name`.
  package func first(_ name: String) -> String? {
    for place in places where isNamed(name, place) { return string(octets[place.value]) }
    return nil
  }

  /// How many lines carry `name`.
  package func count(of name: String) -> Int {
    var count = 0
    for place in places where isNamed(name, place) { count += 1 }
    return count
  }

  /// Lends name and value of each field, in order.
  func forEachField(_ body: (_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Void) {
    octets.withUnsafeBytes { octets in
      for place in places {
        body(
          UnsafeRawBufferPointer(rebasing: octets[place.name]), UnsafeRawBufferPointer(rebasing: octets[place.value]))
      }
    }
  }

  /// Lends the value of the field at `index`.
  func withValue<Result>(at index: Int, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    octets.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[places[index].value])) }
  }

  private func isNamed(_ name: String, _ place: Place) -> Bool {
    guard place.name.count == name.utf8.count else { return false }
    return octets.withUnsafeBytes { octets in
      let octets = UnsafeRawBufferPointer(rebasing: octets[place.name])
      return name.utf8.withContiguousStorageIfAvailable { octets.isSame(as: UnsafeRawBufferPointer($0)) }
        ?? octets.elementsEqual(name.utf8)
    }
  }

  private func string(_ octets: ArraySlice<UInt8>) -> String { String(decoding: octets, as: UTF8.self) }

  /// By what the fields say, wherever their octets stand.
  package static func == (left: HTTPFields, right: HTTPFields) -> Bool {
    left.places.count == right.places.count
      && zip(left.places, right.places).allSatisfy { mine, theirs in
        left.octets[mine.name] == right.octets[theirs.name] && left.octets[mine.value] == right.octets[theirs.value]
      }
  }
}
