/// Where a setting's value came from, the strongest first.
enum SettingOrigin: CustomStringConvertible {
  case flag
  case variable(String)
  case file(path: String, line: Int)
  case standard

  /// As `--print-config` and errors say it.
  var description: String {
    switch self {
    case .flag: "flag"
    case .variable(let name): name
    case .file(let path, let line): "\(path):\(line)"
    case .standard: "default"
    }
  }
}
