/// Lines of words as columns of equal width.
enum TextTable {
  static func text(_ lines: [[String]]) -> String {
    let columns = lines.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in lines.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
    return lines.map { line in
      var text = ""
      for (column, word) in line.enumerated() {
        text += column == line.count - 1 ? word : word + String(repeating: " ", count: widths[column] - word.count + 2)
      }
      return text + "\n"
    }.joined()
  }
}
