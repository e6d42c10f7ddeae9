import UpconvHTTP

/// Takes a request's content by undoing its coding into a decoder; only what is done at the end differs.
protocol CodedContentReceiver: ContentReceiver {
  var content: CodedContent { get }
}

extension CodedContentReceiver {
  func receive(_ bytes: UnsafeRawBufferPointer) -> Response? {
    do {
      try content.read(bytes)
      return nil
    } catch { return Problem(error).response.with(content.stages) }
  }

  func receivePart(of bytes: UnsafeRawBufferPointer) -> (taken: Int, answer: Response?) {
    do { return (try content.readPart(of: bytes), nil) } catch {
      return (bytes.count, Problem(error).response.with(content.stages))
    }
  }

  func fill(atMost byteCount: Int, by write: (UnsafeMutableRawBufferPointer) -> Int) -> Int? {
    content.fill(atMost: byteCount, by: write)
  }
}
