import Testing

@Suite struct FootprintTests {
  /// The start touches most of the program once; by the time that it tells where it serves, it has let go of that.
  @Test func `A server at rest keeps in memory what it needs, not what its start needed`() throws {
    let server = try ServerProcess()
    let (atRest, atStart) = (server.residentMiB, server.peakResidentMiB)
    #expect(atRest <= 12)
    #expect(atRest < atStart)
    // What was let go comes back as it was.
    #expect(try server.exchange(TestRequest.tiny).text == TestRequest.tinyAnswer)
  }
}
