import UpconvJSON

extension ModelFolder {
  /// The content of `model.json`.
  /// - Throws: `.missingFile`, `.json`, and what `open` throws.
  func document(_ limits: ModelLimits) throws(ModelError) -> JSONValue {
    guard let file = try open("model.json", maxBytes: ModelDocument.maxBytes) else {
      throw .missingFile("model.json")
    }
    var reader = JSONReader(
      limits: JSONLimits(maxTreeBytes: 4 * ModelDocument.maxBytes, tensor: limits.tensor),
      isNumberArray: { _ in false })
    let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
    defer { piece.deallocate() }
    var byteCount = 0
    while true {
      let count = try file.read(into: piece)
      byteCount += count
      guard byteCount <= ModelDocument.maxBytes else {
        throw .fileTooLarge(file: "model.json", bytes: byteCount, maxBytes: ModelDocument.maxBytes)
      }
      do throws(JSONError) {
        guard count > 0 else { return try reader.finish() }
        try reader.read(UnsafeRawBufferPointer(rebasing: piece[..<count]))
      } catch { throw .json(error) }
    }
  }
}
