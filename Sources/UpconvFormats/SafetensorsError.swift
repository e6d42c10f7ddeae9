package import UpconvJSON
package import UpconvTensor

/// Why data are no safetensors file that is read here.
package enum SafetensorsError: Error, Equatable, CustomStringConvertible {
  /// The file ended inside the 8 bytes of the header's length, or inside the header.
  case truncatedHeader(expectedBytes: Int, foundBytes: Int)
  /// The header's length, the file's first 8 bytes, is above the limit.
  case headerTooLong(bytes: UInt64, maxBytes: Int)
  /// The file is the few lines by which Git LFS finds the real one.
  case gitLFSPointer
  /// The header's length is 0.
  case emptyHeader
  /// The header's first byte is not `{`.
  case headerNotAnObject(firstByte: UInt8)
  /// The header is no JSON, not UTF-8, or names a tensor twice.
  case json(JSONError)
  /// `__metadata__` is no object of strings; `name` is the member at fault, if it is one.
  case metadataNotStrings(name: String?)
  /// The header describes more tensors than are allowed.
  case tooManyTensors(count: Int, maxTensors: Int)
  /// What is under the name is no object.
  case tensorNotAnObject(tensor: String)
  /// A tensor has no dtype, shape or data_offsets.
  case missingField(tensor: String, field: String)
  /// A tensor has a field of another name.
  case unknownField(tensor: String, field: String)
  /// A field has a value of the wrong kind.
  case wrongField(tensor: String, field: String, expected: String)
  /// A dtype that is not read: 4, 6 or 8 bits wide, complex, or unknown.
  case unsupportedElementType(tensor: String, dtype: String)
  /// The shape is refused.
  case shape(tensor: String, ShapeError)
  /// The end of the data comes before their beginning.
  case offsetsReversed(tensor: String, begin: Int, end: Int)
  /// The data do not begin where those before them end: there is a hole or an overlap.
  case offsetsNotContiguous(tensor: String, begin: Int, expectedBegin: Int)
  /// The data are not as long as shape and dtype make them.
  case sizeMismatch(tensor: String, expectedBytes: Int, declaredBytes: Int)
  /// The file ended inside a tensor's data.
  case truncatedData(tensor: String, missingBytes: Int)
  /// The file goes on after the last tensor's data.
  case trailingBytes(dataBytes: Int)
  /// Elements and shape disagree; the byte counts are checked before, so no file leads here.
  case elements(tensor: String, TensorBuilderError)
  /// A tensor to be written has the one name that the format keeps for itself.
  case reservedName

  /// A sentence that names what is wrong and the rule.
  package var description: String {
    switch self {
    case .truncatedHeader(let expectedBytes, let foundBytes):
      "the safetensors header is cut: \(expectedBytes) bytes are expected, \(foundBytes) came"
    case .headerTooLong(let bytes, let maxBytes):
      "the safetensors header has \(bytes) bytes: at most \(maxBytes) are allowed"
    case .gitLFSPointer:
      "the file is a Git LFS pointer, not the safetensors file that it stands for: run git lfs pull"
    case .emptyHeader:
      "the safetensors header is empty: it must be a JSON object"
    case .headerNotAnObject(let firstByte):
      "the safetensors header begins with the byte 0x\(String(firstByte, radix: 16)): it must begin with '{'"
    case .json(let error):
      "the safetensors header is malformed: \(error)"
    case .metadataNotStrings(nil):
      "the safetensors member __metadata__ must be an object of strings"
    case .metadataNotStrings(let name?):
      "the safetensors metadata \(quoted(name)) must be a string"
    case .tooManyTensors(let count, let maxTensors):
      "the safetensors file has \(count) tensors: at most \(maxTensors) are allowed"
    case .tensorNotAnObject(let tensor):
      "the safetensors header has no object under the name \(quoted(tensor))"
    case .missingField(let tensor, let field):
      "the safetensors tensor \(quoted(tensor)) lacks the field \(quoted(field))"
    case .unknownField(let tensor, let field):
      "the safetensors tensor \(quoted(tensor)) has the field \(quoted(field)): only dtype, shape and"
        + " data_offsets are allowed"
    case .wrongField(let tensor, let field, let expected):
      "the field \(quoted(field)) of the safetensors tensor \(quoted(tensor)) must be \(expected)"
    case .unsupportedElementType(let tensor, let dtype):
      "the safetensors tensor \(quoted(tensor)) has the dtype \(quoted(dtype)): "
        + "\(SafetensorsHeader.elementTypes.map(\.name).joined(separator: ", ")) are supported"
    case .shape(let tensor, let error):
      "in the safetensors tensor \(quoted(tensor)): \(error)"
    case .offsetsReversed(let tensor, let begin, let end):
      "the data of the safetensors tensor \(quoted(tensor)) begin at \(begin) and end before that, at \(end)"
    case .offsetsNotContiguous(let tensor, let begin, let expectedBegin):
      "the data of the safetensors tensor \(quoted(tensor)) begin at \(begin): they must begin at"
        + " \(expectedBegin), where the data before them end"
    case .sizeMismatch(let tensor, let expectedBytes, let declaredBytes):
      "the data_offsets of the safetensors tensor \(quoted(tensor)) span \(declaredBytes) bytes: shape and"
        + " dtype ask for \(expectedBytes)"
    case .truncatedData(let tensor, let missingBytes):
      "the safetensors data end too early: \(missingBytes) bytes of the tensor \(quoted(tensor)) are missing"
    case .trailingBytes(let dataBytes):
      "bytes follow the safetensors data, which end after \(dataBytes) bytes"
    case .elements(let tensor, let error):
      "in the safetensors tensor \(quoted(tensor)): \(error)"
    case .reservedName:
      "a safetensors tensor cannot be named __metadata__: the format keeps that name for itself"
    }
  }
}
