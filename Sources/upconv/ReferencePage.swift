/// `docs/configuration.md`, made from the declarations of `upconv serve`.
enum ReferencePage {
  private static let head = """
    # Configuration

    Everything about `upconv serve` is set by flags, by environment variables or in a file; this page has all of it. It is
    made by `scripts/configuration-page`, from the same declarations as the flags themselves.

    - A **flag**: `--port 9000`, or `--port=9000`. A switch is on where it stands; `--strict-readiness=false` turns off one
      that a variable or the file turned on. A list is given by its flag several times.
    - A **variable**: `UPCONV_PORT=9000`. A switch is `true` or `false` (or `1`, `0`), a list has commas between its values.
    - The **file** that `--config FILE` or `UPCONV_CONFIG` names, one JSON object with the flags' names:

    ```json
    {
      "port": 9000,
      "models": "/mnt/models",
      "model-control-mode": "explicit",
      "load-model": ["gist", "enet_up"],
      "strict-readiness": true
    }
    ```

    A flag outranks a variable, a variable the file, the file the default; of a list, the strongest holds as a whole.
    `upconv serve --print-config`, with the same flags, environment and file, prints what holds and where it came from
    (`flag`, the variable's name, the file and line, or `default`), and does not start. It checks what can be checked
    without starting. Values of settings that are secret by their name (`...-token`, `...-password`, `...-secret`,
    `...-key`), and user and password of a URL, are not printed, there or in errors.

    What is unknown, out of range or contradicts something else stops the start with one sentence on standard error that
    names it and where it came from, and status 64 (1 where the machine is at fault, as by a port in use):

    ```
    upconv: --threads is 0, but must be from 1 to 1024 (--threads: UPCONV_THREADS)
    ```

    That goes for every variable that begins with `UPCONV_`, but for `UPCONV_TEST_...`, which the tests read, and for those
    that Kubernetes makes in its pods for Services named `upconv...` (`UPCONV_PORT=tcp://...`): they are passed over.

    Only `serve` is configured so. `upconv health` reads the same variables and file for the address and port of the server
    that it asks; the other commands take flags alone.

    Sizes are in bytes, and the names or descriptions of durations have their unit.

    """

  static func text(_ declared: [Setting]) -> String {
    var text = head
    var sections: [String?] = []
    for setting in declared where !sections.contains(setting.section) { sections.append(setting.section) }
    for section in sections {
      text += "\n## \(section ?? "Server")\n\n| flag | variable | default | |\n|---|---|---|---|\n"
      for setting in declared where setting.section == section { text += row(setting) }
    }
    text += """

      ## In the environment alone

      Every command obeys it.

      | variable | default | |
      |---|---|---|
      | `\(EnvironmentOnly.instructionSet)` | | \(EnvironmentOnly.instructionSetHelp) |

      """
    return text
  }

  private static func row(_ setting: Setting) -> String {
    let kind =
      switch setting.kind {
      case .value: ""
      case .list: " (list)"
      case .toggle: " (switch)"
      }
    let standard = setting.defaultText.map { "`\($0)`\(size(setting, $0))" } ?? ""
    let help = (setting.help + kind).replacing("|", with: "\\|").replacing("*", with: "\\*")
    return "| `\(setting.flag)` | `\(setting.variable)` | \(standard) | \(help) |\n"
  }

  /// Bytes in larger units, where they are whole ones.
  private static func size(_ setting: Setting, _ text: String) -> String {
    guard setting.name.hasSuffix("-bytes"), let bytes = Int(text), bytes > 0 else { return "" }
    for (shift, unit) in [(30, "GiB"), (20, "MiB"), (10, "KiB")] where bytes & (1 << shift - 1) == 0 {
      return " (\(bytes >> shift) \(unit))"
    }
    return ""
  }
}
