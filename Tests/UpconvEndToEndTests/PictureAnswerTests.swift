import Foundation
import Testing
import UpconvTestSupport

/// Pictures and the page, over a real socket. What is in a picture is for UpconvPicturesTests, what the page does for
/// scripts/test-page.
@Suite struct PictureAnswerTests {
  private static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  private func size(_ png: [UInt8]) -> [Int] {
    [16, 20].map { at in png[at..<at + 4].reduce(0) { $0 << 8 | Int($1) } }
  }

  @Test func `The operation answers with a picture where Accept prefers one`() throws {
    let server = try TestServer()
    let json = #"{"input":[[[[1],[2]]]],"filters":[[[[1]]]],"strides":2}"#
    for accept in ["image/png", "image/*", "text/html, image/png;q=0.9"] {
      let answer = try server.post(json, fields: [("Accept", accept), ("Accept-Encoding", "gzip")])
      #expect(answer.status == 200)
      #expect(answer["content-type"] == "image/png")
      #expect(answer["upconv-shape"] == "1,2,4,1")
      #expect(answer["content-encoding"] == nil)
      #expect(answer.content.starts(with: PictureAnswerTests.signature))
      // Two rows of four numbers, each 64 pixels wide.
      #expect(size(answer.content) == [256, 128])
    }
    #expect(try server.post(json, fields: [("Accept", "*/*")])["content-type"] == "application/json")
  }

  @Test func `A picture knows where the channels stand`() throws {
    let server = try TestServer()
    // Three channels of one row of two: an image, not six maps.
    let json = #"""
      {"input":{"shape":[1,1,1,2],"data":[1,2]},"filters":{"shape":[1,1,3,1],"data":[1,2,3]},"data_format":"NCHW"}
      """#
    let answer = try server.post(json, fields: [("Accept", "image/png")])
    #expect(answer["upconv-shape"] == "1,3,1,2")
    #expect(size(answer.content) == [256, 128])
  }

  /// The chunks that make the picture: its head and its pixels, without the text that names the tensor's shape.
  private func pixels(_ png: [UInt8]) -> [UInt8] {
    var found: [UInt8] = []
    var place = PictureAnswerTests.signature.count
    while place + 12 <= png.count {
      let length = png[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
      let type = String(decoding: png[place + 4..<place + 8], as: UTF8.self)
      if type == "IHDR" || type == "IDAT" { found += png[place + 8..<place + 8 + length] }
      place += 12 + length
    }
    return found
  }

  /// A document of one layer that keeps its input, of a shape without the batch.
  private func document(_ shape: [Int], _ className: String, _ options: String) -> String {
    let lengths = shape.map(String.init).joined(separator: ",")
    return """
      {"class_name":"Sequential","config":{"name":"m","layers":[{"class_name":"InputLayer","config":{"name":"x",\
      "batch_shape":[null,\(lengths)]}},{"class_name":"\(className)","config":{"name":"y",\(options)}}]}}
      """
  }

  @Test(arguments: [1, 3, 5])
  func `A model's picture is the same whichever order its channels have, in the answer and in TensorBoard`(
    channels: Int
  ) throws {
    let (height, width) = (4, 6)
    let folder = try ModelFolder()
    try folder.write(
      "last/model.json",
      document([height, width, channels], "UpSampling2D", #""size":1,"data_format":"channels_last""#))
    try folder.write(
      "first/model.json",
      document([channels, height, width], "UpSampling2D", #""size":1,"data_format":"channels_first""#))
    try folder.write("rows/model.json", document([height * width], "Reshape", "\"target_shape\":[\(height),\(width)]"))
    let events = folder.path + "-events"
    defer { try? FileManager.default.removeItem(atPath: events) }
    let server = try ServerProcess(["--models", folder.path, "--tensorboard", events, "--tensorboard-share", "1"])
    func picture(_ model: String, _ shape: [Int], _ data: [Int]) throws -> [UInt8] {
      let json = #"{"inputs":[{"name":"x","shape":\#(shape),"datatype":"FP32","data":\#(data)}]}"#
      let request = TestRequest.post(
        Array(json.utf8), path: "/v2/models/\(model)/infer", fields: [("Accept", "image/png")])
      for _ in 0..<3000 {
        let answer = try server.exchange(request)
        guard answer.status == 503 else {
          #expect(answer["content-type"] == "image/png", "\(answer.text)")
          return answer.content
        }
        usleep(10_000)
      }
      throw TestClient.Failure("the model \(model) is not served")
    }
    let value = { (row: Int, column: Int, channel: Int) in (row * 37 + column * 11 + channel * 53) % 101 }
    var (last, first): ([Int], [Int]) = ([], [])
    for row in 0..<height { for column in 0..<width { for c in 0..<channels { last.append(value(row, column, c)) } } }
    for c in 0..<channels { for row in 0..<height { for column in 0..<width { first.append(value(row, column, c)) } } }
    let one = try picture("last", [1, height, width, channels], last)
    let other = try picture("first", [1, channels, height, width], first)
    #expect(pixels(one) == pixels(other))
    var expected = [other]
    if channels == 1 {
      // Without an axis for channels it is still one image of this height and width.
      expected.append(try picture("rows", [1, height * width], last))
      #expect(pixels(one) == pixels(expected[1]))
    }
    for (png, model) in zip(expected, ["first", "rows"]) {
      let run = events + "/\(model)/1"
      let isThere = ServerProcess.wait(seconds: 30) {
        ((try? FileManager.default.contentsOfDirectory(atPath: run)) ?? []).contains {
          FileManager.default.contents(atPath: run + "/" + $0)?.range(of: Data(png)) != nil
        }
      }
      #expect(isThere, "TensorBoard is shown another picture of \(model)")
    }
  }

  @Test func `An output without a picture is refused with the reason`() throws {
    let server = try TestServer()
    let empty = #"{"input":{"shape":[0,2,2,1],"data":[]},"filters":[[[[1]]]]}"#
    let answer = try server.post(empty, fields: [("Accept", "image/png")])
    #expect(answer.status == 422)
    #expect(answer.text.contains("a tensor of shape [0,2,2,1] has no picture: it has no elements"))
    let large = #"{"input":{"shape":[1,1,1,1],"data":[1]},"filters":[[[[1]]]],"strides":2100}"#
    let tooLarge = try server.post(large, fields: [("Accept", "image/png")])
    #expect(tooLarge.status == 422)
    #expect(tooLarge.text.contains("at most 4194304 pixels"))
  }

  @Test func `upconv run writes pictures, too`() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let request = folder.appendingPathComponent("x.json")
    let picture = folder.appendingPathComponent("y.png")
    try Data(#"{"input":[[[[1],[2]]]],"filters":[[[[1]]]]}"#.utf8).write(to: request)
    let result = try Program.run(["run", "--request", request.path, "-o", picture.path])
    #expect(result.status == 0, "\(result.errors)")
    #expect([UInt8](try Data(contentsOf: picture)).starts(with: PictureAnswerTests.signature))
  }

  @Test func `upconv run draws channels where data_format has them`() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let requests = [
      #"{"input":{"shape":[1,1,2,1],"data":[1,2]},"filters":{"shape":[1,1,3,1],"data":[1,2,3]}}"#,
      #"{"input":{"shape":[1,1,1,2],"data":[1,2]},"filters":{"shape":[1,1,3,1],"data":[1,2,3]},"data_format":"NCHW"}"#,
    ]
    let pictures = try requests.enumerated().map { index, request in
      let (input, output) = (folder.path + "/\(index).json", folder.path + "/\(index).png")
      try Data(request.utf8).write(to: URL(fileURLWithPath: input))
      let result = try Program.run(["run", "--request", input, "-o", output])
      #expect(result.status == 0, "\(result.errors)")
      return pixels([UInt8](try Data(contentsOf: URL(fileURLWithPath: output))))
    }
    #expect(pictures[0] == pictures[1])
  }

  @Test func `The page is served at the root, and not again to who has it`() throws {
    let server = try TestServer()
    let page = try server.exchange(TestRequest.get("/"))
    #expect(page.status == 200)
    #expect(page["content-type"] == "text/html; charset=utf-8")
    #expect(page.text.hasPrefix("<!doctype html>"))
    let tag = try #require(page["etag"])
    let again = try server.exchange(TestRequest.get("/", fields: [("If-None-Match", tag)]))
    #expect(again.status == 304)
    #expect(again.content.isEmpty)
    #expect(try server.exchange(TestRequest.get("/?x=1")).status == 200)
  }
}
