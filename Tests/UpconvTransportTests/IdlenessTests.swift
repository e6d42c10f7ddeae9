import Testing
import UpconvSystem

@testable import UpconvTransport

@Suite struct IdlenessTests {
  private static let start = Moment(nanoseconds: 1_000_000_000_000)

  /// Who makes room at `second` 100, of connections that are idle since a second, with the share of their address.
  private func placeToGive(_ places: [(Idleness.Reason, since: Int, share: Int)?]) -> Int? {
    Idleness.placeToGive(
      of: places.count, now: Self.start + .seconds(100),
      idleness: { index in
        places[index].map { Idleness(reason: $0.0, since: Self.start + .seconds($0.since)) }
      },
      share: { places[$0]?.share ?? 0 })
  }

  @Test func `Nobody leaves where all are busy, or idle for less than a second`() {
    #expect(placeToGive([]) == nil)
    #expect(placeToGive([nil, nil]) == nil)
    #expect(placeToGive([nil, (.resting, 100, 1), (.stalled, 100, 1)]) == nil)
  }

  @Test func `The longest idle leaves`() {
    #expect(placeToGive([(.resting, 50, 1), (.resting, 10, 1), nil, (.resting, 90, 1)]) == 1)
  }

  @Test func `Stalled connections leave before resting ones`() {
    #expect(placeToGive([(.resting, 10, 9), (.stalled, 90, 1), (.resting, 20, 9)]) == 1)
  }

  @Test func `Of equals the address that holds most loses first`() {
    #expect(placeToGive([(.stalled, 10, 1), (.stalled, 80, 7), (.stalled, 90, 7), (.stalled, 20, 2)]) == 1)
    #expect(placeToGive([(.resting, 10, 1), (.resting, 80, 7), (.resting, 70, 7)]) == 2)
  }

  @Test func `A rate is averaged from the beginning, and judged after a while`() {
    var progress = TransferProgress(now: Self.start)
    func isSlow(atSecond second: Int) -> Bool {
      progress.isSlower(than: 1024, after: .seconds(10), now: Self.start + .seconds(second))
    }
    progress.add(bytes: 1)
    #expect(!isSlow(atSecond: 10))
    #expect(isSlow(atSecond: 11))
    // A telephone with 5 kB/s lives, also after it has sent nothing for a minute.
    progress.add(bytes: 20 * 5000)
    #expect(!isSlow(atSecond: 20))
    #expect(!isSlow(atSecond: 80))
    #expect(isSlow(atSecond: 100))
    #expect(!progress.isSlower(than: 0, after: .seconds(10), now: Self.start + .seconds(1000)))
  }
}
