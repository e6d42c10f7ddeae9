/// Why a server cannot start, or be found, although its settings are sound by themselves.
struct StartError: Error, CustomStringConvertible {
  /// A sentence without its full stop.
  let sentence: String
  /// The names of the settings that it comes from, as `port`; those that the sentence has as flags need not be here.
  var settings: [String] = []

  var description: String { sentence }
}
