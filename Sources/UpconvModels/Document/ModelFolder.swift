import Glibc

/// The folder of one version of a model, whose files are read with a bound and never outside of `root`.
struct ModelFolder {
  let path: String
  /// Without links or dots, ending with a slash.
  private let root: String

  /// - Parameters:
  ///   - path: the folder.
  ///   - root: where links may lead; the folder itself where nil.
  init(_ path: String, within root: String?) throws(ModelError) {
    guard let resolved = realpath(root ?? path, nil) else {
      throw .unreadable(file: root ?? path, reason: String(cString: strerror(errno)))
    }
    defer { free(resolved) }
    self.path = path
    let text = String(cString: resolved)
    self.root = text.hasSuffix("/") ? text : text + "/"
  }

  /// The folder that this one is in, and this one's name there; nil if the root does not hold it.
  var parent: (path: String, name: String)? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    let whole = String(cString: resolved)
    guard whole.hasPrefix(root), let slash = whole.lastIndex(of: "/") else { return nil }
    return (String(whole[..<slash]), String(whole[whole.index(after: slash)...]))
  }

  /// Opens a file of the folder; nil if there is none.
  /// - Throws: `.unreadable`, `.notAFile`, `.linkLeavesFolder`, `.fileTooLarge`.
  func open(_ name: String, maxBytes: Int) throws(ModelError) -> ModelFile? {
    // A pipe without a writer would hold whoever opens it.
    let descriptor = Glibc.open(path + "/" + name, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      if errno == ENOENT { return nil }
      throw .unreadable(file: name, reason: String(cString: strerror(errno)))
    }
    let file = ModelFile(name: name, descriptor: descriptor)
    // What was opened is looked at, not what the name may lead to by now.
    guard let opened = file.resolvedPath, opened.hasPrefix(root) else { throw .linkLeavesFolder(file: name) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw .unreadable(file: name, reason: String(cString: strerror(errno)))
    }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .notAFile(name) }
    guard status.st_size <= maxBytes else {
      throw .fileTooLarge(file: name, bytes: Int(status.st_size), maxBytes: maxBytes)
    }
    return file
  }
}

/// An open file, read from its beginning to its end.
struct ModelFile: ~Copyable {
  let name: String
  private let descriptor: Int32

  fileprivate init(name: String, descriptor: Int32) {
    self.name = name
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  /// Where the open file really is.
  fileprivate var resolvedPath: String? {
    var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink("/proc/self/fd/\(descriptor)", &bytes, bytes.count)
    guard count > 0, count < bytes.count else { return nil }
    return String(decoding: bytes.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  /// Reads the next bytes; fewer than there is room for only at the end.
  /// - Throws: `.unreadable`.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(ModelError) -> Int {
    var count = 0
    while count < buffer.count {
      let result = Glibc.read(descriptor, buffer.baseAddress! + count, buffer.count - count)
      if result < 0, errno == EINTR { continue }
      guard result >= 0 else { throw .unreadable(file: name, reason: String(cString: strerror(errno))) }
      if result == 0 { break }
      count += result
    }
    return count
  }
}

/// Returns the names in a folder, without `.` and `..`, in no order; nil, with `errno` set, if it cannot be read.
package func folderNames(_ path: String) -> [String]? {
  guard let folder = opendir(path) else { return nil }
  defer { closedir(folder) }
  var names: [String] = []
  while let entry = readdir(folder) {
    let name = withUnsafeBytes(of: entry.pointee.d_name) {
      String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
    if name != ".", name != ".." { names.append(name) }
  }
  return names
}
