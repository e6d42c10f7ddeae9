import Foundation
import Testing
import UpconvRepository
import UpconvTestSupport

/// The program with its flags, and what a shell can do with it.
@Suite struct ModelProgramTests {
  private static let examples = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Examples/models").path

  private func awaitReadiness(_ server: ServerProcess) throws {
    for _ in 0..<3000 {
      if try server.exchange(TestRequest.get("/v2/health/ready")).status == 200 { return }
      usleep(10_000)
    }
    throw TestClient.Failure("the server did not become ready")
  }

  @Test func `One command of curl's leads from a NumPy file to a NumPy file`() throws {
    let folder = try ModelFolder()
    let server = try ServerProcess(["--models", Self.examples])
    try awaitReadiness(server)
    let python = try Program.find("python3")
    let (x, y) = (folder.path + "/x.npy", folder.path + "/y.npy")
    let written = try Program.run(
      python, ["-c", "import numpy as np, sys; np.save(sys.argv[1], np.ones((3, 4, 4, 2), 'f4'))", x])
    #expect(written.status == 0, "\(written.errors)")
    let curl = try Program.run(
      try Program.find("curl"),
      [
        "-s", "--data-binary", "@" + x, "-H", "Content-Type: application/x-npy",
        "http://127.0.0.1:\(server.port)/v2/models/gist/infer", "-o", y,
      ])
    #expect(curl.status == 0, "\(curl.errors)")
    let read = try Program.run(
      python,
      [
        "-c", "import numpy as np, sys; y = np.load(sys.argv[1]); print(y.shape, y.dtype, y[2, 2, :, 3].tolist())", y,
      ])
    #expect(read.output == "(3, 8, 8, 4) float32 [4.0, 4.0, 8.0, 4.0, 8.0, 4.0, 8.0, 4.0]\n", "\(read.errors)")
  }

  @Test func `The folder of one model is served under the name that it is given`() throws {
    let server = try ServerProcess(["--models", Self.examples + "/gist", "--model-name", "other"])
    try awaitReadiness(server)
    #expect(try server.exchange(TestRequest.get("/v2/models")).text == #"{"models":["other"]}"#)
  }

  @Test func `Flags reach the models, and config.json has the last word`() throws {
    let folder = try ModelFolder()
    for version in 1...3 { try folder.write("m/\(version)", weight: 1) }
    try folder.write("n", weight: 1)
    try folder.write("n/config.json", #"{"max_batch_size": 5}"#)
    let server = try ServerProcess([
      "--models", folder.path, "--latest-versions", "2", "--max-batch-size", "9", "--max-queue-size", "11",
      "--max-queue-delay-microseconds", "13", "--default-timeout-milliseconds", "17",
    ])
    try awaitReadiness(server)
    let m = try server.exchange(TestRequest.get("/v2/models/m/config")).text
    for part in [
      #""max_batch_size":9"#, #""max_queue_size":11"#, #""max_queue_delay_microseconds":13"#,
      #""default_timeout_microseconds":17000"#, #""latest":{"num_versions":2}"#,
    ] { #expect(m.contains(part), "\(m)") }
    #expect(try server.exchange(TestRequest.get("/v2/models/m")).text.contains(#""versions":["3","2"]"#))
    #expect(try server.exchange(TestRequest.get("/v2/models/n/config")).text.contains(#""max_batch_size":5"#))
  }

  @Test(
    arguments: [
      (["--model-control-mode", "sometimes"], "must be one of none, poll, explicit"),
      (["--models", "x", "--load-model", "a"], "--load-model belongs to --model-control-mode explicit; it is none"),
      (["--model-name", "a"], "need --models"), (["--models", "x", "--max-queue-size", "0"], "--max-queue-size"),
      (["--models", "x", "--poll-seconds", "0"], "--poll-seconds"),
      (["--models", "x", "--latest-versions", "0"], "--latest-versions"),
    ])
  func `Flags that make no sense are refused with the rule`(arguments: [String], words: String) throws {
    let result = try Program.run(["serve", "--port", "0"] + arguments)
    #expect(result.status != 0)
    #expect(result.errors.contains(words), "\(result.errors)")
  }
}
