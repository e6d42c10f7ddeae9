/// One of TensorBoard's runs: a directory of event files, of which the newest is written to. When it is full the next
/// begins, and the oldest goes, so that all together stay below a limit. One thread uses it.
final class EventRun {
  let directory: String
  private let maxFileBytes: Int
  /// Oldest first: only files of this run, never what others have put there.
  private var paths: [String] = []
  private var file: EventFile?
  /// What every file begins with, so that it is there when older ones are gone.
  private var graph: [GraphNode]?

  private static let maxFiles = 4

  /// - Parameters:
  ///   - directory: is made with the first event.
  ///   - maxBytes: of all its files together.
  init(directory: String, maxBytes: Int) {
    self.directory = directory
    maxFileBytes = maxBytes / EventRun.maxFiles
  }

  /// The graph that the run shows from here on.
  func setGraph(_ nodes: [GraphNode]) throws(EventFileError) {
    graph = nodes
    // A file that begins now has it already.
    if let file, file.exists { try file.write(Event(step: 0, content: .graph(nodes))) } else { try begin() }
  }

  func write(_ content: Event.Content, step: Int) throws(EventFileError) {
    let current: EventFile
    if let file, file.byteCount < maxFileBytes, file.exists { current = file } else { current = try begin() }
    try current.write(Event(step: step, content: content))
  }

  /// Closes the file that is written to; the next event begins another.
  func pause() { file = nil }

  /// Makes the first file, or the next.
  @discardableResult func begin() throws(EventFileError) -> EventFile {
    file = nil
    let next = try EventFile.make(in: directory)
    // One that could not even begin takes no older one's place.
    do { if let graph { try next.write(Event(step: 0, content: .graph(graph))) } } catch {
      EventFile.remove(next.path)
      throw error
    }
    paths.append(next.path)
    while paths.count > EventRun.maxFiles { EventFile.remove(paths.removeFirst()) }
    file = next
    return next
  }
}
