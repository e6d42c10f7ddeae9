import Glibc
import Testing
import UpconvJSON
import UpconvTensor
import UpconvTestSupport

@Suite struct JSONMutationTests {
  private static let seeds = [
    #"{"inputs":[{"name":"x","shape":[1,2],"data":[[[1,-2.5e-3],[0.1,16777217]]]}],"i":"a\u00e9\uD83D\uDE00é"}"#,
    #"{"data":[[],[]],"o":{"a":[true,false,null,[1e5,{}]],"b":-0.0},"list":[1,22,333]}"#,
    #" [{"data" : [ 3.4028235e38 ,1e-45, 1.1754942e-38 ,123456789012345678901234] } , "\\\"\/\b\f\n\r\t" ] "#,
    #"{"data":[[[1,2],[3,4]],[[5,6],[7,8]]],"data2":{"data":[NaN]}}"#,
    #"{"data":[[0.5,-1.25],[0.10000000149011612,1.5e-7],[-3,0.0001234],[12345.67,2]]}"#,
  ].map { Array($0.utf8) }

  private static let tokens = [
    "[", "]", "{", "}", ",", ":", "\"", "\\", "\\u", "\\uD800", "0", "1e", "-", ".", "e+", "1e39", "null",
    "true",
    "NaN", "-Infinity", " ", "\n", "/", "\0", "\u{FEFF}", "é", "[[", "]]", "\"data\":[",
    "0.1234567890123456789",
  ].map { Array($0.utf8) }

  /// Documents of each run; UPCONV_TEST_MUTATIONS in the environment sets another number, for a search that takes longer.
  private static let count = getenv("UPCONV_TEST_MUTATIONS").flatMap { Int(String(cString: $0)) } ?? 5_000

  private func mutate(_ document: inout [UInt8], _ random: inout SeededGenerator) {
    let place = Int.random(in: 0...document.count, using: &random)
    switch Int.random(in: 0...5, using: &random) {
    case 0: document.insert(contentsOf: Self.tokens.randomElement(using: &random) ?? [], at: place)
    case 1 where place < document.count: document[place] = UInt8.random(in: 0...255, using: &random)
    case 2 where place < document.count: document[place] ^= 1 << UInt8.random(in: 0...7, using: &random)
    case 3:
      document.removeSubrange(place..<min(document.count, place + Int.random(in: 0...4, using: &random)))
    case 4: document.removeSubrange(place...)
    default:
      let end = min(document.count, place + Int.random(in: 0...30, using: &random))
      document.insert(
        contentsOf: document[place..<end], at: Int.random(in: 0...document.count, using: &random))
    }
  }

  @Test(arguments: [UInt64](1...4))
  func `Damaged documents end the same way however they are cut`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let limits = JSONLimits(
      maxDepth: 6, maxTreeBytes: 600, maxNumberBytes: 24, tensor: TensorLimits(maxElements: 12, maxRank: 4))
    var readable = 0
    for _ in 0..<Self.count {
      var document = Self.seeds.randomElement(using: &random) ?? []
      for _ in 0..<Int.random(in: 1...4, using: &random) { mutate(&document, &random) }
      let limits = Bool.random(using: &random) ? limits : JSONLimits()
      let whole = read(document, limits: limits)
      if whole.isSuccess { readable += 1 }
      let cuts = (0..<3).map { _ in Int.random(in: 0...document.count, using: &random) }.sorted()
      let split = read(document, cutAt: cuts, limits: limits)
      let single = read(document, cutAt: Array(0..<document.count), limits: limits)
      expectAgreement(on: document, limits: limits)
      if split != whole || single != whole {
        Issue.record(
          "\(String(decoding: document, as: UTF8.self)): \(whole), \(cuts): \(split), bytes: \(single)")
      }
    }
    // Else the mutations would only test the first byte's error.
    #expect(readable > Self.count / 25)
  }
}
