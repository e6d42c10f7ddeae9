package import UpconvTensor

/// Why data are no .npy file that is read here.
package enum NpyError: Error, Equatable, CustomStringConvertible {
  /// The data do not begin with the magic bytes.
  case notNpy
  /// Another version than 1.0, 2.0 and 3.0.
  case unsupportedVersion(major: UInt8, minor: UInt8)
  /// The header's length is above the limit.
  case headerTooLong(bytes: Int, maxBytes: Int)
  /// The header is no Python dict literal with values of the right kind. The offset counts
  /// from the text's first byte.
  case malformedHeader(offset: Int, expected: String)
  /// A key other than descr, fortran_order and shape.
  case unknownKey(String)
  /// A key that came before; Python would take the last one.
  case duplicateKey(String)
  /// One of the three keys is not there.
  case missingKey(String)
  /// Object dtype: the data would be a pickle, which is a program.
  case pickledObjects(descr: String)
  /// A descr that is a list of fields or a pair.
  case structuredElements
  /// A descr that is not read: text, time, complex, or a size that no number has.
  case unsupportedElementType(descr: String)
  /// A length that no integer holds, in its digits.
  case dimensionTooLarge(String)
  /// The shape is refused.
  case shape(ShapeError)
  /// The file ended inside the header.
  case truncatedHeader(foundBytes: Int)
  /// The file ended before the shape's last element.
  case truncatedData(expectedBytes: Int, foundBytes: Int)
  /// The file goes on after the shape's last element.
  case trailingBytes(expectedBytes: Int)
  /// Elements and shape disagree; the byte counts are checked before, so no file leads here.
  case elements(TensorBuilderError)

  /// A sentence that names what is wrong and the rule.
  package var description: String {
    switch self {
    case .notNpy:
      "the data are not .npy: they must begin with 93 'NUMPY'"
    case .unsupportedVersion(let major, let minor):
      "the .npy version \(major).\(minor) is not supported: 1.0, 2.0 and 3.0 are"
    case .headerTooLong(let bytes, let maxBytes):
      "the .npy header has \(bytes) bytes: at most \(maxBytes) are allowed"
    case .malformedHeader(let offset, let expected):
      "the .npy header is malformed at byte \(offset): \(expected) is expected"
    case .unknownKey(let key):
      "the .npy header has the key \(quoted(key)): only descr, fortran_order and shape are allowed"
    case .duplicateKey(let key):
      "the .npy header has the key \(quoted(key)) more than once"
    case .missingKey(let key):
      "the .npy header lacks the key \(quoted(key))"
    case .pickledObjects(let descr):
      "the .npy element type \(quoted(descr)) holds pickled Python objects, which are never loaded"
    case .structuredElements:
      "the .npy elements are structured: only plain numbers and booleans are supported"
    case .unsupportedElementType(let descr):
      "the .npy element type \(quoted(descr)) is not supported: f2, f4, f8, i1 to i8, u1 to u8 and b1 are"
    case .dimensionTooLarge(let digits):
      "the .npy shape has the length \(quoted(digits)), which is too large to count"
    case .shape(let error):
      "\(error)"
    case .truncatedHeader(let foundBytes):
      "the .npy data end inside the header, after \(foundBytes) bytes"
    case .truncatedData(let expectedBytes, let foundBytes):
      "the .npy data end too early: the shape asks for \(expectedBytes) bytes of elements, \(foundBytes) came"
    case .trailingBytes(let expectedBytes):
      "bytes follow the .npy data: the shape asks for exactly \(expectedBytes) bytes of elements"
    case .elements(let error):
      "\(error)"
    }
  }
}

/// A name that somebody sent, between quotation marks and not longer than a line, for messages.
func quoted(_ name: String) -> String {
  let maxCharacters = 80
  return name.unicodeScalars.count <= maxCharacters
    ? "\"\(name)\"" : "\"\(String(String.UnicodeScalarView(name.unicodeScalars.prefix(maxCharacters))))…\""
}
