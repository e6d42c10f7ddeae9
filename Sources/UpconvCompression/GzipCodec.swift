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
