import Foundation
import Testing

/// `upconv serve` as it is set by flags, the environment and a file: the real program, and its words.
@Suite struct ConfigurationTests {
  /// The root of the repository.
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// Lends the path of a file with this text.
  private func withFile(_ text: String, _ body: (String) throws -> Void) throws {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).json")
    try Data(text.utf8).write(to: url)
    defer { try? FileManager.default.removeItem(at: url) }
    try body(url.path)
  }

  /// The rows of `--print-config`, by name: value and origin.
  private func printed(
    _ arguments: [String], environment: [String: String] = [:]
  ) throws -> [String: (value: String, origin: String)] {
    let result = try Program.run(["serve", "--print-config"] + arguments, environment: environment)
    try #require(result.status == 0, "\(result.errors)")
    var rows: [String: (value: String, origin: String)] = [:]
    for line in result.output.split(separator: "\n") {
      let words = line.split(separator: " ").map(String.init)
      try #require(words.count == 3, "\(line)")
      rows[words[0]] = (words[1], words[2])
    }
    return rows
  }

  /// What the program says when it does not start: one line on standard error, nothing on standard output.
  private func refusal(
    _ arguments: [String], environment: [String: String] = [:], status: Int32 = 64
  ) throws -> String {
    let result = try Program.run(["serve"] + arguments, environment: environment)
    #expect(result.status == status)
    #expect(result.output.isEmpty)
    return result.errors
  }

  @Test func `A flag outranks a variable, a variable the file, the file the default`() throws {
    try withFile(
      """
      {
        "head-timeout": 11, "idle-timeout": 12,
        "request-timeout": 13,
        "max-rank": 7
      }
      """
    ) { (path) throws in
      let rows = try printed(
        ["--head-timeout", "31", "--config", path],
        environment: ["UPCONV_HEAD_TIMEOUT": "21", "UPCONV_IDLE_TIMEOUT": "22"])
      #expect(rows["head-timeout"]! == ("31", "flag"))
      #expect(rows["idle-timeout"]! == ("22", "UPCONV_IDLE_TIMEOUT"))
      #expect(rows["request-timeout"]! == ("13", "\(path):3"))
      #expect(rows["max-rank"]! == ("7", "\(path):4"))
      #expect(rows["max-header-count"]! == ("100", "default"))
      #expect(rows["config"]! == (path, "flag"))
      #expect(try printed([], environment: ["UPCONV_CONFIG": path])["max-rank"]! == ("7", "\(path):4"))
    }
  }

  @Test func `A list is an array, a variable with commas, or its flag several times`() throws {
    let mode = ["--models", "Examples/models", "--model-control-mode", "explicit"]
    try withFile(#"{"load-model": ["a", "b"]}"#) { (path) throws in
      let file = mode + ["--config", path]
      #expect(try printed(file)["load-model"]! == ("a,b", "\(path):1"))
      let environment = ["UPCONV_LOAD_MODEL": "c,d"]
      #expect(try printed(file, environment: environment)["load-model"]! == ("c,d", "UPCONV_LOAD_MODEL"))
      let flags = file + ["--load-model", "e", "--load-model=f"]
      #expect(try printed(flags, environment: environment)["load-model"]! == ("e,f", "flag"))
    }
  }

  @Test func `A switch is turned on and off by each`() throws {
    try withFile(#"{"strict-readiness": true}"#) { (path) throws in
      let file = ["--config", path]
      #expect(try printed([])["strict-readiness"]! == ("false", "default"))
      #expect(try printed(["--strict-readiness"])["strict-readiness"]! == ("true", "flag"))
      #expect(try printed(file)["strict-readiness"]! == ("true", "\(path):1"))
      let off = try printed(file, environment: ["UPCONV_STRICT_READINESS": "0"])
      #expect(off["strict-readiness"]! == ("false", "UPCONV_STRICT_READINESS"))
      let flag = try printed(
        file + ["--strict-readiness=false"], environment: ["UPCONV_STRICT_READINESS": "true"])
      #expect(flag["strict-readiness"]! == ("false", "flag"))
    }
  }

  @Test func `A rate for each token is no secret, and no sentence loses its digits to it`() throws {
    let rate = ["--tokens", "/tokens", "--rate-limit-per-token", "5"]
    #expect(try printed(rate)["rate-limit-per-token"]! == ("5", "flag"))
    #expect(try refusal(rate + ["--port", "99955"]).contains("--port is 99955, but must be from 0 to 65535"))
  }

  @Test func `Every option that serve declares is shown, and has its variable and its entry`() throws {
    let help = try Program.run(["serve", "--help"]).output
    let flags = Set(help.matches(of: /\n  --([a-z0-9-]+)/).map { String($0.1) })
    let rows = try printed([])
    #expect(flags.count > 30)
    #expect(flags.subtracting(rows.keys) == ["print-config", "version"])
    for name in flags.intersection(rows.keys) {
      let variable = "UPCONV_" + name.uppercased().replacingOccurrences(of: "-", with: "_")
      #expect(
        try refusal([], environment: [variable: ""])
          == "upconv: the variable \(variable) is empty: give it a value or unset it\n")
    }
    let names = flags.intersection(rows.keys).subtracting(["config"]).sorted()
    // An object is nobody's value: known entries are refused for it, one after another.
    for name in names {
      try withFile("{\"\(name)\": {}}") { (path) throws in
        #expect(try refusal(["--config", path]).hasPrefix("upconv: \(path):1: \"\(name)\" must be "))
      }
    }
  }

  @Test(
    arguments: [
      (["UPCONV_PROT": "1"], "the variable UPCONV_PROT is none that upconv serve knows (did you mean UPCONV_PORT?)"),
      (["UPCONV_PORT": "x"], "--port is x, but must be a whole number (--port: UPCONV_PORT)"),
      (["UPCONV_THREADS": "two"], "--threads is two, but must be a whole number (--threads: UPCONV_THREADS)"),
      (["UPCONV_LOAD_MODEL": ","], "the variable UPCONV_LOAD_MODEL is empty: give it a value or unset it"),
      (["UPCONV_PORT": "65536"], "--port is 65536, but must be from 0 to 65535 (--port: UPCONV_PORT)"),
      (["UPCONV_THREADS": "0"], "--threads is 0, but must be from 1 to 1024 (--threads: UPCONV_THREADS)"),
      (
        ["UPCONV_TRACE_SHARE": "-1"],
        "--trace-share is -1.0, but must be from 0 to 1 (--trace-share: UPCONV_TRACE_SHARE)"
      ),
      (
        ["UPCONV_STRICT_READINESS": "maybe"],
        "--strict-readiness is maybe, but must be true or false (--strict-readiness: UPCONV_STRICT_READINESS)"
      ),
      (
        ["UPCONV_MODELS": "x", "UPCONV_LOAD_MODEL": "a"],
        "--load-model belongs to --model-control-mode explicit; it is none (--load-model: UPCONV_LOAD_MODEL; "
          + "--model-control-mode: default)"
      ),
      (["UPCONV_CONFIG": "/nowhere"], "/nowhere cannot be read: No such file or directory (--config: UPCONV_CONFIG)"),
    ])
  func `A variable that is wrong stops the start with its name`(environment: [String: String], sentence: String) throws
  {
    #expect(try refusal([], environment: environment) == "upconv: \(sentence)\n")
  }

  @Test(
    arguments: [
      (["--prot", "1"], "there is no flag --prot (did you mean --port?); upconv serve --help lists all"),
      (["--port"], "--port has no value (--port: flag)"),
      (["--port", "--threads", "2"], "--port has no value (--port: flag)"),
      (["--strict-readiness=x"], "--strict-readiness is x, but must be true or false (--strict-readiness: flag)"),
      (["--max-rank=2"], "--max-rank is 2, but must be from 4 to 32 (--max-rank: flag)"),
      (["models"], "Unexpected argument 'models'"),
    ])
  func `A flag that is wrong stops the start with a sentence`(arguments: [String], sentence: String) throws {
    #expect(try refusal(arguments) == "upconv: \(sentence)\n")
  }

  @Test(
    arguments: [
      ("{\n \"port\": 1,\n \"prot\": 2}", 3, #"there is no setting "prot" (did you mean "port"?)"#),
      (#"{"config": "x"}"#, 1, #"there is no setting "config""#),
      ("{\n\n\"port\": [1]}", 3, #""port" must be a string or a number"#),
      (#"{"load-model": ["a", null]}"#, 1, #""load-model" must be an array of strings or numbers"#),
      (#"{"strict-readiness": "true"}"#, 1, #""strict-readiness" must be true or false"#),
      ("{\n \"port\": 1,\n // nine thousand\n}", 3, "'/' at byte 15, in the document: JSON has no comments"),
      ("[8080]", 1, #"the document must be one object: {"port": 8080}"#),
      ("", 1, "the JSON document is empty"),
    ])
  func `An entry that is wrong stops the start with its file and line`(text: String, line: Int, rule: String) throws {
    try withFile(text) { (path) throws in
      #expect(try refusal(["--config", path]) == "upconv: \(path):\(line): \(rule)\n")
    }
  }

  @Test func `Threads follow the affinity that taskset gives`() throws {
    let shown = try Program.run(
      URL(fileURLWithPath: "/bin/sh"),
      [
        "-c", #"exec taskset -c "$(taskset -pc $$ | sed 's/.*: //; s/[-,].*//')" "$0" serve --print-config"#,
        Program.url.path,
      ])
    let line = try #require(shown.output.components(separatedBy: "\n").first { $0.contains("threads") })
    #expect(line.split(whereSeparator: { !$0.isNumber }).first == "1", "\(line)")
  }

  @Test func `Nothing in a file or on the command line moves a terminal's cursor`() throws {
    try withFile("{ \"th\\u001b[2Jreads\": 1, \"port\": 0 }") { (path) throws in
      let sentence = try refusal(["--config", path])
      #expect(sentence.contains("\\u{1b}[2J"), "\(sentence)")
      #expect(sentence.utf8.allSatisfy { $0 == 10 || $0 >= 0x20 && $0 != 0x7F }, "\(sentence)")
    }
    let sentence = try refusal(["--log-level", "\u{1B}]0;title\u{7}"])
    #expect(sentence.contains("\\u{1b}]0;title\\u{7}"), "\(sentence)")
    let file = try Program.run(["run", "--request", "/no\u{1B}[31m/file"])
    #expect(file.errors == "upconv: cannot read /no\\u{1b}[31m/file\n")
  }

  @Test func `A value out of range in the file is refused with the line`() throws {
    // Names and commas inside of values are no entries.
    let text = #"""
      {
        "models": "a,\"b\": {",
        "load-model": ["threads",
          "x"],
        "threads": 0
      }
      """#
    try withFile(text) { (path) throws in
      #expect(
        try refusal(["--config", path, "--model-control-mode", "explicit"])
          == "upconv: --threads is 0, but must be from 1 to 1024 (--threads: \(path):5)\n")
    }
  }

  @Test func `A port in use and a folder of models that cannot be read are told with where they came from`() throws {
    let server = try TestServer()
    #expect(
      try refusal([], environment: ["UPCONV_PORT": "\(server.port)"], status: 1) == """
        upconv: cannot listen on 127.0.0.1, port \(server.port): bind: Address already in use (--address: default; \
        --port: UPCONV_PORT)

        """)
    try withFile(#"{"models": "/nowhere"}"#) { (path) throws in
      #expect(
        try refusal(["--port", "0", "--config", path], status: 1) == """
          upconv: the folder of models /nowhere cannot be read: No such file or directory (--models: \(path):1)

          """)
    }
  }

  @Test func `health asks where the environment or the file has the server listen`() throws {
    let server = try ServerProcess()
    let everywhere = ["UPCONV_PORT": "\(server.port)", "UPCONV_ADDRESS": "0.0.0.0"]
    #expect(try Program.run(["health"], environment: everywhere).status == 0)
    try withFile(#"{"port": \#(server.port)}"#) { (path) throws in
      #expect(try Program.run(["health"], environment: ["UPCONV_CONFIG": path]).status == 0)
    }
    let any = try Program.run(["health"], environment: ["UPCONV_PORT": "0"])
    #expect(any.status == 1)
    #expect(any.errors == "upconv: the server's port is 0 (UPCONV_PORT): say which with --port\n")
    // A flag outranks the variable here as well.
    #expect(try Program.run(["health", "--port", "\(server.port)"], environment: ["UPCONV_PORT": "1"]).status == 0)
  }

  @Test func `What Kubernetes tells of a Service named upconv is passed over, in a pod alone`() throws {
    let links = [
      "UPCONV_PORT": "tcp://10.0.0.1:8080", "UPCONV_SERVICE_HOST": "10.0.0.1", "UPCONV_SERVICE_PORT": "8080",
      "UPCONV_SERVICE_PORT_HTTP": "8080", "UPCONV_PORT_8080_TCP": "tcp://10.0.0.1:8080",
      "UPCONV_PORT_8080_TCP_PROTO": "tcp", "UPCONV_PORT_8080_TCP_PORT": "8080", "UPCONV_PORT_8080_TCP_ADDR": "10.0.0.1",
      "UPCONV_GIST_PREDICTOR_SERVICE_HOST": "10.0.0.2", "UPCONV_GIST_PREDICTOR_PORT": "tcp://10.0.0.2:80",
    ]
    let pod = links.merging(["KUBERNETES_SERVICE_HOST": "10.0.0.1"]) { $1 }
    #expect(try printed([], environment: pod)["port"]! == ("8080", "default"))
    let misspelt = try refusal([], environment: pod.merging(["UPCONV_PROT": "1"]) { $1 })
    #expect(misspelt.hasPrefix("upconv: the variable UPCONV_PROT "))
    #expect(try refusal([], environment: links).hasPrefix("upconv: the variable UPCONV_GIST_PREDICTOR_PORT"))
  }

  @Test func `A password in a URL is printed nowhere`() throws {
    let shown = try printed([], environment: ["UPCONV_OTLP_ENDPOINT": "http://user:sesame@127.0.0.1:4318"])
    #expect(shown["otlp-endpoint"]! == ("http://(hidden)@127.0.0.1:4318", "UPCONV_OTLP_ENDPOINT"))
    let slash = try refusal(["--otlp-endpoint", "http://user:ses/ame@127.0.0.1"])
    #expect(slash.contains("http://(hidden)@127.0.0.1") && !slash.contains("ses"), "\(slash)")
    let words = try refusal(["--otlp-endpoint", "ftp://user:sesame@127.0.0.1"])
    #expect(
      words == """
        upconv: --otlp-endpoint is ftp://(hidden)@127.0.0.1, but must be http://[USER:PASSWORD@]HOST[:PORT][/PATH] \
        (--otlp-endpoint: flag)

        """)
  }

  @Test func `The reference page is what the declarations make`() throws {
    let made = try Program.run(["serve", "--print-reference"]).output
    let page = try String(contentsOf: Self.root.appendingPathComponent("docs/configuration.md"), encoding: .utf8)
    #expect(page == made, "run scripts/configuration-page")
  }
}
