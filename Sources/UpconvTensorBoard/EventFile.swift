import Glibc
import Synchronization

/// A file of events that TensorBoard reads, as `tf.summary.FileWriter` writes it. One thread uses it.
/// - Source: TFRecord: the length and its check value, the data and theirs.
final class EventFile {
  let path: String
  /// What is in it so far.
  private(set) var byteCount = 0
  private let descriptor: Int32
  /// Numbers tell apart, and put in order, the files that one program makes.
  private static let madeFiles = Atomic(0)

  /// Makes a file of its own in `directory`, which is made where it is not there.
  /// - Throws: if it cannot be written; nothing is left of it then.
  static func make(in directory: String) throws(EventFileError) -> EventFile {
    try makeDirectory(directory)
    var host = [CChar](repeating: 0, count: 256)
    gethostname(&host, host.count - 1)
    let hostName = String(decoding: host.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    // TensorBoard reads files in the order of their names.
    let digits = String(madeFiles.add(1, ordering: .relaxed).newValue)
    let padded = String(repeating: "0", count: max(0, 6 - digits.count)) + digits
    let path = "\(directory)/events.out.tfevents.\(time(nil)).\(hostName).\(getpid()).\(padded)"
    do throws(EventFileError) {
      return try EventFile(path: path, flags: O_CREAT | O_EXCL)
    } catch {
      if error.code != EEXIST { remove(path) }
      throw error
    }
  }

  init(path: String, flags: Int32) throws(EventFileError) {
    self.path = path
    descriptor = open(path, O_WRONLY | O_CLOEXEC | flags, 0o644)
    guard descriptor >= 0 else { throw EventFileError(path: path, code: errno) }
    // The first event of every file says what it is.
    try write(Event(step: 0, content: .fileVersion))
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Appends one record, as a rule in one system call. Of one that cannot be written whole nothing is left: what comes
  /// after it could not be read.
  func write(_ event: Event) throws(EventFileError) {
    let record = EventFile.record(event.bytes(wallTime: EventFile.secondsSince1970()))
    var written = 0
    while written < record.count {
      let count = record.withUnsafeBytes { bytes in
        let rest = UnsafeRawBufferPointer(rebasing: bytes[written...])
        return Glibc.write(descriptor, rest.baseAddress, rest.count)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        let code = errno
        if ftruncate(descriptor, byteCount) == 0 { lseek(descriptor, 0, SEEK_END) }
        throw EventFileError(path: path, code: code)
      }
      written += count
    }
    byteCount += record.count
  }

  static func record(_ data: [UInt8]) -> [UInt8] {
    var record: [UInt8] = []
    record.reserveCapacity(data.count + 16)
    withUnsafeBytes(of: UInt64(data.count).littleEndian) { record += $0 }
    withUnsafeBytes(of: CRC32C.masked(record).littleEndian) { record += $0 }
    record += data
    withUnsafeBytes(of: CRC32C.masked(data).littleEndian) { record += $0 }
    return record
  }

  /// Whether it still has its name: folders of events are often cleared while programs run.
  var exists: Bool { access(path, F_OK) == 0 }

  /// One that is gone already does no harm.
  static func remove(_ path: String) { unlink(path) }

  private static func makeDirectory(_ path: String) throws(EventFileError) {
    guard mkdir(path, 0o755) != 0, errno != EEXIST else { return }
    // Its parents first.
    guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex else {
      throw EventFileError(path: path, code: errno)
    }
    try makeDirectory(String(path[..<slash]))
    guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw EventFileError(path: path, code: errno) }
  }

  private static func secondsSince1970() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}

/// Why a path takes no events.
package struct EventFileError: Error, CustomStringConvertible {
  package let path: String
  let code: Int32

  package var description: String { "\(path) cannot be written: \(String(cString: strerror(code)))" }
}
