#if canImport(CISAL)
  internal import CISAL

  /// ISA-L's inflate: about twice zlib's speed. Memory: 107 KiB, of which 64 KiB hold what is decoded ahead.
  ///
  /// ISA-L is never given room for output: so it decodes into its own buffer only, and what is handed out is copied from
  /// there. Straight into the output it could not be told where a fault is, and while it saves its window after one, it
  /// may read before the start of the output. And it would move its window with each call, however little came of it.
  /// - Source: isa-l/igzip_lib.h; `isal_inflate` and `igzip_decode_block_stateless.asm` of version 2.30.
  final class ISALDecoder: DeflateDecoder {
    private let stream = UnsafeMutablePointer<inflate_state>.allocate(capacity: 1)
    /// The state as it was before the call that is under way, without the decoded bytes: those stay where they are.
    private let saved = UnsafeMutableRawBufferPointer.allocate(
      byteCount: upconv_isal_bytes_before_decoded(), alignment: 64)
    /// Decoded bytes in ISA-L's buffer that have been handed out.
    private var handedOut = 0
    /// A fault follows the decoded bytes.
    private var isInvalid = false

    /// From so many decoded bytes on, of 64 KiB that there is room for, all but the window is dropped.
    private static let maxDecodedBytes = 48 * 1024
    /// A fault is not further before the end of the input taken: a block's header has less, a symbol much less.
    private static let maxFaultDistance = 512

    init() { isal_inflate_init(stream) }

    deinit {
      stream.deallocate()
      saved.deallocate()
    }

    func restart() {
      isal_inflate_reset(stream)
      handedOut = 0
      isInvalid = false
    }

    func decode(
      from input: inout UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) -> (made: Int, state: DeflateState) {
      if waiting.isEmpty, !isInvalid { decodeAhead(&input) }
      let piece = waiting.prefix(output.count)
      output.copyMemory(from: UnsafeRawBufferPointer(rebasing: piece))
      handedOut += piece.count
      guard waiting.isEmpty else { return (piece.count, .unfinished) }
      if isInvalid { return (piece.count, .invalid) }
      switch stream.pointee.block_state {
      case ISAL_BLOCK_INPUT_DONE, ISAL_BLOCK_FINISH: return (piece.count, .ended(lookahead))
      default: return (piece.count, .unfinished)
      }
    }

    /// Bytes that are decoded and not handed out.
    private var waiting: UnsafeRawBufferPointer {
      UnsafeRawBufferPointer(
        start: upconv_isal_decoded(stream) + handedOut, count: Int(stream.pointee.tmp_out_valid) - handedOut)
    }

    /// Decodes until ISA-L's buffer is full, input is missing, the data end, or a fault is found.
    private func decodeAhead(_ input: inout UnsafeRawBufferPointer) {
      if handedOut > ISALDecoder.maxDecodedBytes {
        upconv_isal_keep_window(stream)
        handedOut = Int(stream.pointee.tmp_out_valid)
      }
      saved.copyMemory(from: UnsafeRawBufferPointer(start: stream, count: saved.count))
      guard inflate(input) else {
        isInvalid = true
        return locateFault(input)
      }
      input = UnsafeRawBufferPointer(rebasing: input.suffix(Int(stream.pointee.avail_in)))
    }

    /// One call of ISA-L; whether it found no fault.
    private func inflate(_ input: UnsafeRawBufferPointer) -> Bool {
      // ISA-L only reads next_in; its type lacks a const.
      stream.pointee.next_in = UnsafeMutablePointer(
        mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
      stream.pointee.avail_in = UInt32(clamping: input.count)
      // No room, but an address that it may compute with.
      stream.pointee.next_out = saved.baseAddress?.assumingMemoryBound(to: UInt8.self)
      stream.pointee.avail_out = 0
      return isal_inflate(stream) == ISAL_DECOMP_OK
    }

    /// Decodes again up to the fault, exactly: nothing from after it, and all from before it.
    ///
    /// The fast loop counts a copy whose distance is invalid as if it were made. It does not run where there are less
    /// than 8 bytes of input; so what is near the fault is offered byte by byte.
    private func locateFault(_ input: UnsafeRawBufferPointer) {
      let taken = Int(bitPattern: stream.pointee.next_in) - Int(bitPattern: input.baseAddress)
      var index = min(max(taken - ISALDecoder.maxFaultDistance, 0), input.count)
      restore()
      while !inflate(UnsafeRawBufferPointer(rebasing: input[..<index])) {
        if index == 0 { return }
        index = 0
        restore()
      }
      while index < input.count, inflate(UnsafeRawBufferPointer(rebasing: input[index...index])) {
        index += 1
      }
    }

    private func restore() {
      UnsafeMutableRawBufferPointer(start: stream, count: saved.count).copyMemory(from: UnsafeRawBufferPointer(saved))
    }

    /// What its bit buffer holds beyond the end. The bits that fill the last byte of the data are no content.
    private var lookahead: Lookahead {
      let bits = Int(stream.pointee.read_in_length)
      let count = min(max(bits / 8, 0), 8)
      let bytes = stream.pointee.read_in >> UInt64(max(bits, 0) % 8)
      return Lookahead(bytes: count == 8 ? bytes : bytes & (1 << UInt64(count * 8) - 1), count: count)
    }
  }

  /// ISA-L's deflate: several times zlib's speed at the same size. Memory: 610 KiB.
  /// - Source: isa-l/igzip_lib.h; its `isal_deflate`, version 2.30.
  final class ISALEncoder: GzipEncoder {
    static var library: String { "ISA-L \(ISAL_MAJOR_VERSION).\(ISAL_MINOR_VERSION).\(ISAL_PATCH_VERSION)" }

    private let stream: UnsafeMutablePointer<isal_zstream>
    private let levelMemory: UnsafeMutableRawBufferPointer

    /// - Parameter level: 1 to 9 as zlib's. Up to 5 it is ISA-L's own 2, which makes text 1 % smaller than its 1 and is
    ///   faster at it by a tenth, and costs float32 5 % of speed; then its 3.
    init(level: Int32) {
      let own: UInt32 = level <= 5 ? 2 : 3
      // igzip_lib.h: the stream's hash table should be aligned to cache lines.
      stream = UnsafeMutableRawPointer.allocate(byteCount: MemoryLayout<isal_zstream>.size, alignment: 64)
        .bindMemory(to: isal_zstream.self, capacity: 1)
      levelMemory = .allocate(byteCount: Int(upconv_isal_level_bytes(own)), alignment: 64)
      isal_deflate_init(stream)
      stream.pointee.gzip_flag = UInt16(IGZIP_GZIP)
      stream.pointee.level = own
      stream.pointee.level_buf = levelMemory.baseAddress?.assumingMemoryBound(to: UInt8.self)
      stream.pointee.level_buf_size = UInt32(levelMemory.count)
    }

    deinit {
      stream.deallocate()
      levelMemory.deallocate()
    }

    var isEnded: Bool { upconv_isal_is_ended(stream) != 0 }

    func encode(
      from input: inout UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer, boundary: GzipBoundary
    ) -> Int {
      let (offered, room) = (UInt32(clamping: input.count), UInt32(clamping: output.count))
      stream.pointee.next_in = UnsafeMutablePointer(
        mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
      stream.pointee.avail_in = offered
      stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
      stream.pointee.avail_out = room
      stream.pointee.flush = UInt16(boundary == .flush ? SYNC_FLUSH : NO_FLUSH)
      stream.pointee.end_of_stream = boundary == .end ? 1 : 0
      let status = isal_deflate(stream)
      // All other statuses tell of a wrong level, flush or memory, which `init` has set.
      precondition(status == COMP_OK, "ISA-L does not compress: status \(status)")
      input = UnsafeRawBufferPointer(rebasing: input.dropFirst(Int(offered - stream.pointee.avail_in)))
      return Int(room - stream.pointee.avail_out)
    }
  }
#endif
