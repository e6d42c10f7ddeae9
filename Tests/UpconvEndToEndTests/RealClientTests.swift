import Foundation
import Testing
import UpconvCompression
import UpconvTensor
import UpconvTestSupport

/// curl and NumPy, against the real program.
@Suite struct RealClientTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  @Test func `The line that the server prints works when pasted into a shell`() throws {
    let server = try ServerProcess()
    let line = try #require(server.greeting.components(separatedBy: "\n").first { $0.hasPrefix("curl") })
    let result = try Program.run(URL(fileURLWithPath: "/bin/sh"), ["-c", line])
    #expect(result.status == 0)
    let response = TestResponse(status: 200, content: Array(result.output.utf8))
    let (shape, data) = try #require(response.tensor)
    #expect(shape == [1, 5, 5, 1])
    #expect(data == RealClientTests.pattern)
  }

  /// A 3×3 kernel of ones over 2×2 ones at stride 2: copies overlap in the middle row and column.
  private static let pattern: [Float] = [1, 1, 2, 1, 1].flatMap { [$0, $0, 2 * $0, $0, $0] }

  @Test func `The README's curl line gives the answer that stands below it`() throws {
    let readme = try String(contentsOf: RealClientTests.root.appendingPathComponent("README.md"), encoding: .utf8)
    let start = try #require(readme.firstRange(of: "curl -s http://127.0.0.1:8080/v1"))
    let command = readme[start.lowerBound...].prefix(while: { $0 != "`" })
    let answer = try #require(readme.components(separatedBy: "\n").first { $0.hasPrefix("{\"shape\":[1,5,5,1]") })
    let server = try ServerProcess()
    let result = try Program.run(
      URL(fileURLWithPath: "/bin/sh"),
      ["-c", command.replacingOccurrences(of: "127.0.0.1:8080", with: "127.0.0.1:\(server.port)")])
    #expect(result.output == answer + "\n")
    #expect(TestResponse(status: 200, content: Array(answer.utf8)).tensor?.data == RealClientTests.pattern)
  }

  @Test func `curl sends files, gzip, chunks and Expect, and reads gzip`() throws {
    let server = try ServerProcess()
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    // Over 1 MiB, so that curl waits for 100 Continue.
    let pixels = [String](repeating: "0.125", count: 1 << 18).joined(separator: ",")
    let json = #"{"input":{"shape":[1,512,512,1],"data":[\#(pixels)]},"filters":[[[[8]]]]}"#
    let plain = folder.appendingPathComponent("x.json")
    let gzip = folder.appendingPathComponent("x.json.gz")
    try Data(json.utf8).write(to: plain)
    try Data(Deflater.gzip(Array(json.utf8))).write(to: gzip)
    let url = "http://127.0.0.1:\(server.port)/v1/conv2d_transpose"
    let curl = try Program.find("curl")
    let type = ["-H", "Content-Type: application/json"]
    // The head of the object, a digit and a comma for each number but the last, and the end.
    let numbers = 1 << 18
    let length = #"{"shape":[1,512,512,1],"data":["#.utf8.count + 2 * numbers - 1 + "]}\n".utf8.count
    for arguments in [
      type + ["--data-binary", "@\(plain.path)"],
      type + ["--data-binary", "@\(gzip.path)", "-H", "Content-Encoding: gzip"],
      type + ["-T", plain.path, "-X", "POST", "-H", "Transfer-Encoding: chunked"],
      type + ["--data-binary", "@\(plain.path)", "--compressed"],
      ["-d", "@\(plain.path)"],
      ["-d", "@\(plain.path)", "-0"],
    ] {
      let result = try Program.run(curl, ["-s", "--fail-with-body", url] + arguments)
      #expect(result.status == 0, "\(arguments) \(result.output.prefix(300))")
      #expect(result.output.hasPrefix("{\"shape\":[1,512,512,1],\"data\":[1,1,1,1,"), "\(arguments)")
      #expect(result.output.utf8.count == length, "\(arguments)")
    }
  }

  @Test func `gzip's own files are read, and ours by gzip`() throws {
    let gzip = try Program.find("gzip")
    let server = try ServerProcess()
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appendingPathComponent("tiny.json")
    try Data(#"{"input":[[[[3]]]],"filters":[[[[2]]]]}"#.utf8).write(to: file)
    #expect(try Program.run(gzip, ["-9", file.path]).status == 0)
    let compressed = try Array(Data(contentsOf: file.appendingPathExtension("gz")))
    let response = try server.exchange(
      TestRequest.post(
        compressed, fields: [("Content-Encoding", "gzip"), ("Accept-Encoding", "gzip, identity;q=0")]))
    #expect(response["content-encoding"] == "gzip")
    let answer = folder.appendingPathComponent("answer.gz")
    try Data(response.content).write(to: answer)
    #expect(try Program.run(gzip, ["-dc", answer.path]).output == TestRequest.tinyAnswer)
  }

  @Test func `NumPy's archives come back right in every form`() throws {
    let server = try ServerProcess()
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Clients/numpy_client.py")
    let result = try Program.run(
      try pythonWithNumPy(), [script.path, "http://127.0.0.1:\(server.port)", GoldenCase.folder.path])
    #expect(result.status == 0, "\(result.errors)")
    // 101 cases, two archives of each, four forms of answer; and seven element types.
    #expect(result.output == "815 answers right\n")
  }

  /// Debian's interpreter is where `scripts/test` installs NumPy; another one may come first in the path.
  private func pythonWithNumPy() throws -> URL {
    for url in [URL(fileURLWithPath: "/usr/bin/python3"), try Program.find("python3")]
    where try Program.run(url, ["-c", "import numpy"]).status == 0 {
      return url
    }
    throw TestClient.Failure("NumPy is not installed; scripts/test installs what the tests need")
  }
}
