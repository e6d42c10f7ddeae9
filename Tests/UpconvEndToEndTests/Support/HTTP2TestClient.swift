import CNghttp2
import Foundation

/// A blocking client of HTTP/2 that sends exactly the frames it is told to, sound or not.
///
/// Requests are written here; of libnghttp2 only the decompression of header sections is used.
final class HTTP2TestClient {
  let client: TestClient
  private let inflater: OpaquePointer
  /// Frames that came and were not asked for.
  private var waiting: [Frame] = []

  struct Frame {
    let type: Kind
    let flags: UInt8
    let stream: UInt32
    let payload: [UInt8]
    /// Of a header section.
    var fields: [(name: String, value: String)] = []

    var endsStream: Bool { flags & 1 != 0 && (type == .data || type == .headers) }
    var isAcknowledgement: Bool { flags & 1 != 0 && (type == .settings || type == .ping) }

    /// The 32-bit number that a payload has at `offset`.
    func number(at offset: Int) -> UInt32 { payload[offset..<offset + 4].reduce(0) { $0 << 8 | UInt32($1) } }
  }

  enum Kind: UInt8 {
    case data, headers, priority, reset, settings, pushPromise, ping, goAway, windowUpdate, continuation
  }

  static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

  init(_ client: TestClient, greets: Bool = true, settings: [(UInt16, UInt32)] = []) throws {
    self.client = client
    var inflater: OpaquePointer?
    guard nghttp2_hd_inflate_new(&inflater) == 0, let inflater else { throw TestClient.Failure("inflater") }
    self.inflater = inflater
    if greets { try client.send(HTTP2TestClient.preface + HTTP2TestClient.settings(settings)) }
  }

  convenience init(port: UInt16, settings: [(UInt16, UInt32)] = []) throws {
    try self.init(TestClient(port: port), settings: settings)
  }

  deinit { nghttp2_hd_inflate_del(inflater) }

  // MARK: Frames out

  static func frame(_ type: UInt8, flags: UInt8 = 0, stream: UInt32 = 0, _ payload: [UInt8] = []) -> [UInt8] {
    [UInt8(payload.count >> 16), UInt8(payload.count >> 8 & 0xFF), UInt8(payload.count & 0xFF), type, flags]
      + bytes(stream) + payload
  }

  static func frame(_ type: Kind, flags: UInt8 = 0, stream: UInt32 = 0, _ payload: [UInt8] = []) -> [UInt8] {
    frame(type.rawValue, flags: flags, stream: stream, payload)
  }

  static func bytes(_ number: UInt32) -> [UInt8] { withUnsafeBytes(of: number.bigEndian, Array.init) }

  static func settings(_ entries: [(UInt16, UInt32)]) -> [UInt8] {
    frame(.settings, entries.flatMap { withUnsafeBytes(of: $0.0.bigEndian, Array.init) + bytes($0.1) })
  }

  /// A header section without compression (RFC 7541 §6.2.2).
  static func section(_ fields: [(String, String)]) -> [UInt8] {
    fields.flatMap { [0] + text($0.0) + text($0.1) }
  }

  private static func text(_ text: String) -> [UInt8] { integer(text.utf8.count, prefixBits: 7) + Array(text.utf8) }

  /// RFC 7541 §5.1.
  static func integer(_ number: Int, prefixBits: Int, pattern: UInt8 = 0) -> [UInt8] {
    let most = 1 << prefixBits - 1
    guard number >= most else { return [pattern | UInt8(number)] }
    var bytes = [pattern | UInt8(most)]
    var rest = number - most
    while rest >= 128 {
      bytes.append(UInt8(rest & 127 | 128))
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }

  static func head(_ method: String, _ path: String) -> [(String, String)] {
    [(":method", method), (":scheme", "http"), (":authority", "localhost"), (":path", path)]
  }

  static let postHead = head("POST", "/v1/conv2d_transpose") + [("content-type", "application/json")]

  static func headers(
    stream: UInt32, _ fields: [(String, String)], endsStream: Bool = true, endsHeaders: Bool = true
  ) -> [UInt8] {
    frame(.headers, flags: (endsStream ? 1 : 0) | (endsHeaders ? 4 : 0), stream: stream, section(fields))
  }

  static func data(stream: UInt32, _ content: [UInt8], endsStream: Bool = true) -> [UInt8] {
    var frames: [UInt8] = []
    var rest = content[...]
    repeat {
      let piece = Array(rest.prefix(16_384))
      rest = rest.dropFirst(16_384)
      frames += frame(.data, flags: rest.isEmpty && endsStream ? 1 : 0, stream: stream, piece)
    } while !rest.isEmpty
    return frames
  }

  static func reset(stream: UInt32) -> [UInt8] { frame(.reset, stream: stream, bytes(8)) }

  static func windowUpdate(stream: UInt32, _ increment: UInt32) -> [UInt8] {
    frame(.windowUpdate, stream: stream, bytes(increment))
  }

  /// The request of `TestRequest.tiny`.
  static func tiny(stream: UInt32) -> [UInt8] {
    headers(stream: stream, postHead, endsStream: false)
      + data(stream: stream, Array(#"{"input":[[[[3]]]],"filters":[[[[2]]]]}"#.utf8))
  }

  func send(_ frames: [UInt8]) throws { try client.send(frames) }

  /// Waits for the server's SETTINGS and acknowledges them: only then its windows are larger than 64 KiB.
  func acknowledgeSettings() throws {
    _ = try next { $0.type == .settings && !$0.isAcknowledgement }
    try send(HTTP2TestClient.frame(.settings, flags: 1))
  }

  // MARK: Frames in

  private func readFrame() throws -> Frame {
    let header = try client.read(count: 9)
    let length = Int(header[0]) << 16 | Int(header[1]) << 8 | Int(header[2])
    guard let type = Kind(rawValue: header[3]) else { throw TestClient.Failure("a frame of type \(header[3])") }
    let stream = header[5..<9].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    var frame = Frame(type: type, flags: header[4], stream: stream, payload: try client.read(count: length))
    // At once: each section depends on those that came before.
    if type == .headers { frame.fields = try fields(frame.payload) }
    return frame
  }

  /// The next frame for which `isWanted`; others wait for whoever asks for them.
  func next(where isWanted: (Frame) -> Bool) throws -> Frame {
    if let index = waiting.firstIndex(where: isWanted) { return waiting.remove(at: index) }
    while true {
      let frame = try readFrame()
      if isWanted(frame) { return frame }
      waiting.append(frame)
    }
  }

  private func fields(_ section: [UInt8]) throws -> [(name: String, value: String)] {
    var fields: [(String, String)] = []
    var rest = section[...]
    while true {
      var pair = nghttp2_nv()
      var flags: Int32 = 0
      let count = rest.withUnsafeBufferPointer {
        nghttp2_hd_inflate_hd2(inflater, &pair, &flags, $0.baseAddress, $0.count, 1)
      }
      guard count >= 0 else { throw TestClient.Failure("a header section that cannot be read: \(count)") }
      rest = rest.dropFirst(count)
      if UInt32(flags) & NGHTTP2_HD_INFLATE_EMIT.rawValue != 0 {
        func text(_ start: UnsafeMutablePointer<UInt8>?, _ count: Int) -> String {
          String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
        }
        fields.append((text(pair.name, pair.namelen), text(pair.value, pair.valuelen)))
      }
      if UInt32(flags) & NGHTTP2_HD_INFLATE_FINAL.rawValue != 0 {
        nghttp2_hd_inflate_end_headers(inflater)
        return fields
      }
    }
  }

  /// The next header section of a stream, which may be interim.
  func readHead(stream: UInt32) throws -> TestResponse {
    let frame = try next { $0.stream == stream && ($0.type == .headers || $0.type == .reset) }
    guard frame.type == .headers else { throw Reset(code: frame.number(at: 0)) }
    guard let status = frame.fields.first(where: { $0.name == ":status" }).flatMap({ Int($0.value) }) else {
      throw TestClient.Failure("no status")
    }
    var response = TestResponse(status: status, fields: frame.fields.filter { $0.name != ":status" })
    if frame.endsStream { response.fields.append((":ended", "")) }
    return response
  }

  /// The peer ended the stream by an error.
  struct Reset: Error, Equatable {
    let code: UInt32
  }

  /// The answer on a stream, whole. Opens no windows.
  func readResponse(stream: UInt32) throws -> TestResponse {
    var response = try readHead(stream: stream)
    while response[":ended"] == nil {
      let frame = try next { $0.stream == stream && ($0.type == .data || $0.type == .reset) }
      guard frame.type == .data else { throw Reset(code: frame.number(at: 0)) }
      response.content += frame.payload
      if frame.endsStream { response.fields.append((":ended", "")) }
    }
    response.fields.removeLast()
    return response
  }

  /// The code of the GOAWAY that ends the connection, and the last stream that it names.
  func readGoAway() throws -> (lastStream: UInt32, code: UInt32) {
    let frame = try next { $0.type == .goAway }
    return (frame.number(at: 0) & 0x7FFF_FFFF, frame.number(at: 4))
  }

  static let enhanceYourCalm: UInt32 = 0xB
}
