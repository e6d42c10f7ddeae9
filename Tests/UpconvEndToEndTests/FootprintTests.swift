import Testing

@Suite struct FootprintTests {
  /// `scripts/loadtest` bounds what is resident in all, of the program as it ships.
  @Test func `A server at rest has written to 2 MiB of memory at most`() throws {
    #expect(try ServerProcess().anonymousKiB <= 2048)
  }
}
