import UpconvHTTP
import UpconvScheduling

/// Large content on its way to its receiver; as long as it comes, the compute queue counts the work that it will be.
final class AnnouncedContent: ContentReceiver {
  private let receiver: any ContentReceiver
  private let announce: (_ contentBytes: Int) throws(QueueRefusal) -> AnnouncedWork
  private let refuse: (QueueRefusal) -> Response
  private var work: AnnouncedWork?
  private var receivedBytes = 0
  /// Where content of unknown length is announced next, as twice as much.
  private var nextAnnouncement: Int

  /// Content of more bytes is work for the queue, whatever it says.
  static let leastBytes = 64 << 10

  /// - Parameters:
  ///   - contentBytes: its length; nil if that is not known: then it is announced once it is large.
  ///   - announce: announces content of a length.
  ///   - refuse: makes the answer to content for whose work there is no place.
  /// - Throws: if there is none for content of that length.
  init(
    _ receiver: any ContentReceiver, contentBytes: Int?,
    announce: @escaping (_ contentBytes: Int) throws(QueueRefusal) -> AnnouncedWork,
    refuse: @escaping (QueueRefusal) -> Response
  ) throws(QueueRefusal) {
    self.receiver = receiver
    self.announce = announce
    self.refuse = refuse
    nextAnnouncement = contentBytes == nil ? AnnouncedContent.leastBytes : .max
    work = try contentBytes.map { bytes throws(QueueRefusal) in try announce(bytes) }
  }

  func receive(_ bytes: UnsafeRawBufferPointer) -> Response? {
    note(bytes.count) ?? receiver.receive(bytes)
  }

  func receivePart(of bytes: UnsafeRawBufferPointer) -> (taken: Int, answer: Response?) {
    let part = receiver.receivePart(of: bytes)
    return (part.taken, part.answer ?? note(part.taken))
  }

  func fill(atMost byteCount: Int, by write: (UnsafeMutableRawBufferPointer) -> Int) -> Int? {
    let count = receiver.fill(atMost: byteCount, by: write)
    // Of content that has a length, which is announced.
    _ = note(count ?? 0)
    return count
  }

  func end() -> Outcome {
    // From here on it waits with the others, or is done at once.
    work = nil
    return receiver.end()
  }

  /// Takes note of content that has come. Returns a refusal if it has become large and there is no place for its work.
  private func note(_ count: Int) -> Response? {
    receivedBytes += count
    work?.receive(bytes: count)
    guard receivedBytes >= nextAnnouncement else { return nil }
    do throws(QueueRefusal) {
      let announced = try announce(2 * receivedBytes)
      announced.receive(bytes: receivedBytes)
      work = announced
    } catch {
      // What has its place keeps it.
      if work == nil { return refuse(error) }
    }
    nextAnnouncement = 2 * receivedBytes
    return nil
  }
}
