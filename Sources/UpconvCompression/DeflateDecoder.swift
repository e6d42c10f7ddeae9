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
