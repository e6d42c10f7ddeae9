import UpconvTensor

/// Arrays as NumPy prints them.
enum NumPyText {
  /// `(3, 8, 8, 4)`, and `(3,)` for a vector.
  static func shape(_ shape: Shape) -> String {
    let lengths = shape.dimensions.map(String.init).joined(separator: ", ")
    return shape.rank == 1 ? "(\(lengths),)" : "(\(lengths))"
  }

  /// Rows in brackets, columns aligned, whole numbers with a bare point: `[[2. 2.]\n [4. 8.]]`.
  static func matrix(_ rows: [[Float]]) -> String {
    let texts = rows.map { $0.map { $0.description.replacingSuffix(".0", with: ".") } }
    let width = texts.joined().map(\.count).max() ?? 0
    let lines = texts.map { row in
      "[" + row.map { String(repeating: " ", count: width - $0.count) + $0 }.joined(separator: " ") + "]"
    }
    return "[" + lines.joined(separator: "\n ") + "]"
  }
}

extension String {
  fileprivate func replacingSuffix(_ suffix: String, with replacement: String) -> String {
    hasSuffix(suffix) ? dropLast(suffix.count) + replacement : self
  }
}
