import Foundation
import Testing
import UpconvTestSupport

/// The shipped configuration of nginx, before the program as it ships.
@Suite(.serialized) struct ProxyTests {
  private static let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("deploy/proxy/nginx.conf")

  /// nginx with the shipped file, but for TLS and the ports; ends with the object.
  private final class Proxy {
    let port: UInt16
    private let process = Process()
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "upconv-nginx-\(UUID().uuidString)")

    init(to upstream: UInt16) throws {
      // The port of a server that is gone.
      port = try ServerProcess().port
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      var text = try String(contentsOf: ProxyTests.file, encoding: .utf8)
        .replacingOccurrences(of: "listen 443 ssl http2", with: "listen 127.0.0.1:\(port)")
        .replacingOccurrences(of: "127.0.0.1:8080", with: "127.0.0.1:\(upstream)")
      text = text.components(separatedBy: "\n").filter { !$0.contains("ssl_") }.joined(separator: "\n")
      let paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map { "\($0)_temp_path \(folder.path)/\($0);" }.joined(separator: " ")
      text = text.replacingOccurrences(of: "http {", with: "http { access_log off; \(paths)")
      text = "daemon off; pid \(folder.path)/pid; error_log \(folder.path)/errors;\n" + text
      let configuration = folder.appendingPathComponent("nginx.conf")
      try Data(text.utf8).write(to: configuration)
      process.executableURL = try Program.find("nginx")
      process.arguments = ["-e", folder.path + "/errors", "-c", configuration.path]
      try process.run()
      guard ServerProcess.wait(seconds: 10, until: { (try? status("GET", "/v2/health/live")) == 200 }) else {
        throw TestClient.Failure(
          "nginx: " + ((try? String(contentsOfFile: folder.path + "/errors", encoding: .utf8)) ?? "no answer"))
      }
    }

    deinit {
      process.terminate()
      process.waitUntilExit()
      try? FileManager.default.removeItem(at: folder)
    }

    func status(_ method: String, _ path: String) throws -> Int {
      let client = try TestClient(port: port)
      try client.send("\(method) \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
      return try client.readResponse().status
    }
  }

  /// A path as it is, and in other spellings that a server may take for the same.
  private static func spellings(of path: String) -> [String] {
    let parts = path.split(separator: "/").map(String.init)
    func joined(_ change: (Int, String) -> String) -> [String] {
      parts.indices.map { index in
        "/"
          + parts.enumerated().map { $0.offset == index ? change($0.offset, $0.element) : $0.element }
          .joined(separator: "/")
      }
    }
    func encoded(_ text: Substring) -> String { text.utf8.map { "%" + String($0, radix: 16) }.joined() }
    return [path, path + "/", "/" + path, path + "?x=1", path + "#f", "/.\(path)", "/v2/models/..\(path.dropFirst(3))"]
      + joined { _, part in encoded(part.prefix(1)) + part.dropFirst() }
      + joined { _, part in encoded(part[...]) }
      + joined { _, part in part + "/" }
      + joined { _, part in "./" + part }
      + joined { _, part in "x/../" + part }
      + joined { _, part in "x%2f..%2f" + part }
      + joined { _, part in part.uppercased() }
      + ["/" + parts.joined(separator: "%2f"), "http://other\(path)"]
  }

  @Test(.timeLimit(.minutes(1)))
  func `No spelling of a path that is for the cluster passes nginx, and all others do`() throws {
    let models = try ModelFolder()
    try models.write("scale/1", weight: 2)
    let server = try ServerProcess([
      "--models", models.path, "--model-control-mode", "explicit", "--load-model", "*", "--allow-admin",
    ])
    #expect(ServerProcess.wait { (try? server.exchange(TestRequest.get("/v2/models/scale/ready")).status) == 200 })
    let proxy = try Proxy(to: server.port)
    // The server itself takes many of these spellings: the rule has to hold for them.
    let admin = [
      "/v2/repository/models/scale/unload", "/v2/repository/models/scale/load",
      "/v2/repository/any/models/scale/unload",
      "/v2/repository/models/models/scale/unload",
    ]
    for path in admin.flatMap(ProxyTests.spellings) {
      let status = try proxy.status("POST", path)
      #expect([400, 403, 404].contains(status), "POST \(path): \(status)")
      #expect(try server.exchange(TestRequest.get("/v2/models/scale/ready")).status == 200, "\(path)")
    }
    for path in ProxyTests.spellings(of: "/metrics") {
      let status = try proxy.status("GET", path)
      #expect([400, 403, 404].contains(status), "GET \(path): \(status)")
    }
    // What everybody may have goes through: all of the document but those.
    let document = try String(
      contentsOf: ProxyTests.file.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("openapi.yaml"), encoding: .utf8)
    let paths = document.components(separatedBy: "\n").filter { $0.hasPrefix("  /") && $0.hasSuffix(":") }
      .map { $0.dropFirst(2).dropLast().replacingOccurrences(of: "{model}", with: "scale") }
      .map { $0.replacingOccurrences(of: "{version}", with: "1").replacingOccurrences(of: "{repository}", with: "any") }
    #expect(paths.count > 25)
    for path in paths {
      let isForTheCluster = path == "/metrics" || path.contains("load") || path.hasPrefix("/v2/repository/any/")
      let statuses = try ["GET", "POST"].map { try proxy.status($0, path) }
      #expect(statuses.contains(403) == isForTheCluster, "\(path): \(statuses)")
      #expect(!statuses.contains(404), "\(path): \(statuses)")
    }
    #expect(try proxy.status("POST", "/v1/models/scale:predict") == 400)
  }

  @Test func `A proxy closes idle connections before the program does`() throws {
    let shown = try Program.run(["serve", "--print-config"]).output
    let line = try #require(shown.components(separatedBy: "\n").first { $0.contains("idle-timeout") })
    let server = try #require(line.split(whereSeparator: { !$0.isNumber }).compactMap { Int($0) }.first)
    // Also those whose file says nothing: nginx's own default is 60 s.
    #expect(server > 60)
    let nginx = try String(contentsOf: ProxyTests.file, encoding: .utf8)
    let kept = try #require(nginx.firstMatch(of: /keepalive_timeout (\d+)s;/).flatMap { Int($0.1) })
    let envoy = try String(
      contentsOf: ProxyTests.file.deletingLastPathComponent().appendingPathComponent("envoy.yaml"), encoding: .utf8)
    let idle = try #require(envoy.firstMatch(of: /idle_timeout: (\d+)s/).flatMap { Int($0.1) })
    #expect(kept + 10 <= server && idle + 10 <= server)
  }
}
