/// Who does the compression and decompression.
///
/// A codec decides over speed and over how small the data get, never over what is accepted: gzip's frame, the check
/// values and the limits are `Inflater`'s own, and both codecs are tested against each other.
package enum GzipCodec: Sendable, Hashable, CaseIterable, CustomStringConvertible {
  /// zlib, which is everywhere.
  case zlib
  #if canImport(CISAL)
    /// Intel's ISA-L, on x86-64 and arm64: where its headers were installed when the program was built.
    case isal
  #endif

  /// The fastest there is.
  package static var best: GzipCodec {
    #if canImport(CISAL)
      .isal
    #else
      .zlib
    #endif
  }

  /// Name and version of the library: zlib's as it is loaded, ISA-L's as its headers were.
  package var description: String {
    switch self {
    case .zlib: ZlibEncoder.library
    #if canImport(CISAL)
      case .isal: ISALEncoder.library
    #endif
    }
  }

  func decoder() -> any DeflateDecoder {
    switch self {
    case .zlib: ZlibDecoder()
    #if canImport(CISAL)
      case .isal: ISALDecoder()
    #endif
    }
  }

  func encoder(level: Int32) -> any GzipEncoder {
    switch self {
    case .zlib: ZlibEncoder(level: level)
    #if canImport(CISAL)
      case .isal: ISALEncoder(level: level)
    #endif
    }
  }
}

/// Undoes deflate (RFC 1951), and nothing around it.
protocol DeflateDecoder: AnyObject {
  /// Forgets everything: what comes next are the data of another member.
  func restart()

  /// Takes input from the front of `input` and fills `output`, which has room for a byte, from its start.
  ///
  /// - Parameter input: at most 1 GiB.
  /// - Returns: the bytes written, and what there is to say after them. Neither bytes taken nor made, and
  ///   `.unfinished`, means that input is missing.
  func decode(
    from input: inout UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) -> (made: Int, state: DeflateState)
}

/// How the data stand after a call of a decoder.
enum DeflateState {
  /// More is to come, of input or of output.
  case unfinished
  /// All is decoded and handed out. The bytes were taken from the input and belong to what follows the data.
  case ended(Lookahead)
  /// What comes next is no deflate data; all that came before is handed out.
  case invalid
}

/// Bytes that a decoder took too many.
struct Lookahead {
  /// The first one lowest; bits above `count` bytes are 0.
  var bytes: UInt64 = 0
  /// 0 to 8.
  var count = 0
}

/// Makes one gzip member (RFC 1952).
protocol GzipEncoder: AnyObject {
  /// Whether the trailer has been written in full.
  var isEnded: Bool { get }

  /// Takes input from the front of `input` and fills `output`, which has room for a byte, from its start.
  ///
  /// - Parameters:
  ///   - input: at most 1 GiB.
  ///   - boundary: what follows the last byte of `input`.
  /// - Returns: bytes written.
  func encode(
    from input: inout UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer, boundary: GzipBoundary
  ) -> Int
}

/// What follows a piece of content.
enum GzipBoundary {
  /// More content.
  case none
  /// More content, but a reader can have all so far: an empty stored block (RFC 1951 §3.2.4) ends on a byte.
  case flush
  /// Nothing: the member ends.
  case end
}
