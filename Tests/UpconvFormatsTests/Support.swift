import UpconvCompression
import UpconvFormats
import UpconvTensor
import UpconvTestSupport

/// A file given to `read` in pieces that end where `ends` says.
private func feed<Failure>(
  _ file: [UInt8], ends: [Int]?, _ read: (UnsafeRawBufferPointer) throws(Failure) -> Void
) throws(Failure) {
  var begin = 0
  for end in ends ?? [file.count] {
    try Array(file[begin..<end]).withUnsafeBufferPointer { (piece) throws(Failure) in
      try read(UnsafeRawBufferPointer(piece))
    }
    begin = end
  }
}

func readNpy(
  _ file: [UInt8], ends: [Int]? = nil, limits: FormatLimits = FormatLimits()
) throws(NpyError) -> Tensor {
  var reader = NpyReader(limits: limits)
  try feed(file, ends: ends) { (piece) throws(NpyError) in try reader.read(piece) }
  return try reader.finish()
}

func readSafetensors(
  _ file: [UInt8], ends: [Int]? = nil, limits: FormatLimits = FormatLimits()
) throws(SafetensorsError) -> TensorBundle {
  var reader = SafetensorsReader(limits: limits)
  try feed(file, ends: ends) { (piece) throws(SafetensorsError) in try reader.read(piece) }
  return try reader.finish()
}

/// Written into the tensors' own memory wherever the reader lends it, `step` bytes at once; else read one by one, so that
/// tensors begin and end within what is written. Answers how many bytes were written so.
func fillSafetensors(_ file: [UInt8], step: Int) throws(SafetensorsError) -> (bundle: TensorBundle, filled: Int) {
  var reader = SafetensorsReader()
  var offset = 0
  var filled = 0
  while offset < file.count {
    let piece = Array(file[offset...].prefix(step))
    let written = reader.fill(atMost: piece.count) { room in
      let count = min(piece.count, room.count)
      for index in 0..<count { room[index] = piece[index] }
      return count
    }
    if let written {
      filled += written
      offset += written
    } else {
      try feed([file[offset]], ends: nil) { (piece) throws(SafetensorsError) in try reader.read(piece) }
      offset += 1
    }
  }
  return (try reader.finish(), filled)
}

func readNpz(
  _ file: [UInt8], ends: [Int]? = nil, limits: FormatLimits = FormatLimits()
) throws(NpzError) -> TensorBundle {
  var reader = NpzReader(limits: limits)
  try feed(file, ends: ends) { (piece) throws(NpzError) in try reader.read(piece) }
  return try reader.finish()
}

/// Shape and exact elements; NaNs too are told apart.
func flat(_ tensor: Tensor) -> String { "\(tensor.shape) \(tensor.elements.map(\.bitPattern))" }

/// All that is in a bundle.
func flat(_ bundle: TensorBundle) -> [String] {
  bundle.tensors.map { "\($0.name) \(flat($0.tensor))" } + bundle.metadata.map { "\($0.name): \($0.value)" }
}

/// A tensor whose shape and elements are known to agree.
func flat(_ dimensions: [Int], _ elements: [Float]) -> String {
  "\(Shape.text(dimensions)) \(elements.map(\.bitPattern))"
}

/// Every way to feed a small file: whole, byte by byte, and in two pieces at every place.
func feedings(of file: [UInt8]) -> [[Int]] {
  [[file.count], Array(1...max(file.count, 1))] + (0...file.count).map { [$0, file.count] }
}

/// The low `byteCount` bytes of each number, lowest first.
func littleEndian(_ numbers: some Sequence<some BinaryInteger>, _ byteCount: Int) -> [UInt8] {
  numbers.flatMap { number in (0..<byteCount).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) } }
}

/// Bytes of a base64 literal, whose line ends do not count.
func base64(_ text: String) -> [UInt8] {
  let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  var bits = 0
  var bitCount = 0
  var bytes: [UInt8] = []
  for character in text.utf8 {
    guard let value = alphabet.firstIndex(of: character) else { continue }
    bits = (bits << 6 | value) & 0xFFFF
    bitCount += 6
    if bitCount >= 8 {
      bitCount -= 8
      bytes.append(UInt8(truncatingIfNeeded: bits >> bitCount))
    }
  }
  return bytes
}

extension SeededGenerator {
  /// The file with one to four bytes changed, put in, or taken away.
  mutating func mutate(_ file: [UInt8]) -> [UInt8] {
    var file = file
    for _ in 0..<Int.random(in: 1...4, using: &self) where !file.isEmpty {
      let index = Int.random(in: 0..<file.count, using: &self)
      switch Int.random(in: 0..<8, using: &self) {
      case 0...2: file[index] = .random(in: 0...255, using: &self)
      case 3: file[index] ^= 1 << UInt8.random(in: 0..<8, using: &self)
      case 4: file[index] = [0, 0xFF, 0x7F, 0x80, 0x30, 0x39].randomElement(using: &self) ?? 0
      case 5: file.remove(at: index)
      case 6: file.insert(.random(in: 0...255, using: &self), at: index)
      default: file.removeSubrange(max(index, file.count - 9)...)
      }
    }
    return file
  }
}
