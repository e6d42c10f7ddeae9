import UpconvHTTP

/// The parser tells the same events however the bytes come, consumes no more than it was shown, and whatever stands in
/// a head's fields can be asked for.
func fuzzRequestParser(_ input: [UInt8]) {
  var tight = HTTPLimits()
  tight.maxRequestLineBytes = 64
  tight.maxHeadBytes = 256
  tight.maxFieldCount = 4
  tight.maxContentBytes = 64
  tight.maxTrailerBytes = 32
  tight.maxChunkOverheadBytes = 48
  for limits in [HTTPLimits(), tight] {
    let whole = transcript([input[...]], limits)
    for pieces in Cuts.ways(of: input) {
      expectEqual(transcript(pieces, limits), whole, "pieces \(pieces.map(\.count))")
    }
    for case .head(let head) in whole {
      _ = head.fields.first("content-type").map { MediaType($0) }
      _ = AcceptList(head.fields.values(of: "accept"))
      _ = AcceptEncoding(head.fields.values(of: "accept-encoding"))
      _ = ContentCodings(head.fields.values(of: "content-encoding"))
    }
  }
}

private enum Told: Equatable {
  case head(RequestHead)
  case content([UInt8])
  case end
  case failure(RequestError)
}

/// All events, neighbouring pieces of content joined, up to the first error.
private func transcript(_ pieces: [ArraySlice<UInt8>], _ limits: HTTPLimits) -> [Told] {
  var parser = RequestParser(limits: limits)
  var told: [Told] = []
  var pending: ArraySlice<UInt8> = []
  do throws(RequestError) {
    for piece in pieces {
      pending += piece
      var needsMore = false
      while !needsMore {
        try Cuts.withMemory(pending) { (bytes) throws(RequestError) in
          let step = try parser.next(bytes)
          guard (0...bytes.count).contains(step.consumed) else { fatalError("consumed what was not shown") }
          switch step.event {
          case .needMoreBytes: needsMore = true
          case .head(let head): told.append(.head(head))
          case .content(let range):
            guard !range.isEmpty, range.upperBound == step.consumed else { fatalError("content is misplaced") }
            if case .content(let before) = told.last {
              told[told.count - 1] = .content(before + bytes[range])
            } else {
              told.append(.content(Array(bytes[range])))
            }
          case .end: told.append(.end)
          }
          pending = pending.dropFirst(step.consumed)
        }
      }
    }
  } catch {
    told.append(.failure(error))
  }
  return told
}
