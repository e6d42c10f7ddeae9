/// A name from a file in quotes for a sentence, cut short.
func quoted(_ name: String) -> String {
  let scalars = name.unicodeScalars
  return scalars.count > 100 ? "\"\(String(scalars.prefix(100)))...\"" : "\"\(name)\""
}
