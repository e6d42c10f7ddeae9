import Glibc

/// Resident memory of this process, from /proc/self/statm.
package func residentBytes() -> Int {
  guard let file = fopen("/proc/self/statm", "r") else { return 0 }
  defer { fclose(file) }
  var text = [UInt8](repeating: 0, count: 128)
  let count = fread(&text, 1, text.count, file)
  let fields = String(decoding: text.prefix(count), as: UTF8.self).split(separator: " ")
  return (Int(fields[1]) ?? 0) * sysconf(Int32(_SC_PAGESIZE))
}
