import Foundation
import Testing

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
