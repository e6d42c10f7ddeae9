/// What content is by its first bytes, whatever its Content-Type says.
package enum ContentSignature: Sendable {
  case zip, npy, safetensors
  case png, jpeg, gif, webp
  case gzip, hdf5, html, multipart
  /// The few lines that stand for a large file in a repository, until it is fetched.
  case gitLFSPointer

  /// - Parameter bytes: the first 48 of the content, or all if it has fewer.
  package init?(_ bytes: [UInt8]) {
    func begins(_ prefix: [UInt8]) -> Bool { bytes.starts(with: prefix) }
    func begins(_ text: StaticString) -> Bool {
      bytes.starts(with: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }
    if begins("version https://git-lfs") {
      self = .gitLFSPointer
    } else if begins([0x93] + Array("NUMPY".utf8)) {
      self = .npy
    } else if begins("PK\u{3}\u{4}") || begins("PK\u{5}\u{6}") {
      self = .zip
    } else if begins([0x89] + Array("PNG".utf8)) {
      self = .png
    } else if begins([0xFF, 0xD8, 0xFF]) {
      self = .jpeg
    } else if begins("GIF8") {
      self = .gif
    } else if begins("RIFF"), bytes.dropFirst(8).starts(with: "WEBP".utf8) {
      self = .webp
    } else if begins([0x1F, 0x8B, 0x08]) {
      self = .gzip
    } else if begins([0x89] + Array("HDF".utf8)) {
      self = .hdf5
    } else if begins("--") {
      self = .multipart
    } else if ContentSignature.isMarkup(bytes) {
      self = .html
    } else if bytes.count > 8, bytes[8] == UInt8(ascii: "{"), bytes[4..<8].allSatisfy({ $0 == 0 }) {
      // The length of a header below 4 GiB, and the header.
      self = .safetensors
    } else {
      return nil
    }
  }

  /// `<!doctype`, `<html>` or another element; JSON has none.
  private static func isMarkup(_ bytes: [UInt8]) -> Bool {
    let text = bytes.drop { $0 == 0x20 || 0x09...0x0D ~= $0 }
    guard text.first == UInt8(ascii: "<"), let next = text.dropFirst().first else { return false }
    return next == UInt8(ascii: "!") || next == UInt8(ascii: "?") || next | 0x20 >= UInt8(ascii: "a")
  }

  /// For a sentence.
  private var name: String {
    switch self {
    case .zip: "an .npz file"
    case .npy: "a .npy file"
    case .safetensors: "a safetensors file"
    case .png: "a PNG picture"
    case .jpeg: "a JPEG picture"
    case .gif: "a GIF picture"
    case .webp: "a WebP picture"
    case .gzip: "gzip"
    case .hdf5: "an HDF5 file"
    case .html: "a page of HTML"
    case .multipart: "a form (multipart/form-data)"
    case .gitLFSPointer: "a Git LFS pointer"
    }
  }

  /// What content of this kind is sent as; nil if nothing here reads it.
  private var mediaType: String? {
    switch self {
    case .zip: ContentKind.npz.mediaType
    case .npy: AnswerKind.npy.mediaType
    case .safetensors: ContentKind.safetensors.mediaType
    case .png, .jpeg, .gif, .webp, .gzip, .hdf5, .html, .multipart, .gitLFSPointer: nil
    }
  }

  /// Says what the content is, and how to send it.
  /// - Parameter accepted: media types that the endpoint reads.
  func sentence(accepted: [String]) -> String {
    let looks = "the content looks like \(name)"
    if let mediaType, accepted.contains(mediaType) {
      return "\(looks), but its Content-Type does not say so: send it with Content-Type: \(mediaType)"
    }
    let known = accepted.joined(separator: ", ")
    return switch self {
    case .zip, .npy, .safetensors, .hdf5: "\(looks), which is not read here: send its arrays as \(known)"
    case .png, .jpeg, .gif, .webp: "\(looks), which is not read here: send its numbers as \(known)"
    case .gzip:
      "\(looks): send it with Content-Encoding: gzip, compressed once, and the Content-Type of what is compressed"
    case .html: "\(looks), perhaps saved in place of the file that was meant: send \(known)"
    case .multipart: ContentSignature.multipartAdvice(accepted)
    case .gitLFSPointer: "\(looks), not the file that it stands for: run git lfs pull and send the file"
    }
  }

  /// Says how to send a file that a client has put into a form.
  static func multipartAdvice(_ accepted: [String]) -> String {
    "a form (multipart/form-data) is not read here: send the file itself as the content, with its Content-Type, one of "
      + "\(accepted.joined(separator: ", ")) (curl: --data-binary @FILE -H 'Content-Type: ...' in place of -F)"
  }
}
