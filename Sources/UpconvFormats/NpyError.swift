package import UpconvTensor

/// Why data are no .npy file that is read here.
package enum NpyError: Error, Equatable, CustomStringConvertible {
  case notNpy
  case unsupportedVersion(major: UInt8, minor: UInt8)
  case headerTooLong(bytes: Int, maxBytes: Int)
  /// The header is no Python dict literal with values of the right kind. The offset counts from the `{`'s line.
  case malformedHeader(offset: Int, expected: String)
  case unknownKey(String)
  case duplicateKey(String)
  case missingKey(String)
  /// Object dtype: the data would be a pickle, which is a program.
  case pickledObjects(descr: String)
  /// A descr that is a list of fields or a pair.
  case structuredElements
  case unsupportedElementType(descr: String)
  case dimensionTooLarge(String)
  case shape(ShapeError)
  /// The file ended inside the header.
  case truncatedHeader(foundBytes: Int)
  case truncatedData(expectedBytes: Int, foundBytes: Int)
  case trailingBytes(expectedBytes: Int)
  /// Elements and shape disagree; the byte counts are checked before, so no file leads here.
  case elements(TensorBuilderError)

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
