import Foundation
import Testing

@testable import UpconvTensorBoard

/// The bytes; that TensorBoard's own package reads them is for `scripts/test-tensorboard`.
@Suite struct EventFileTests {
  @Test func `The check value is Castagnoli's`() {
    // RFC 3720 B.4, and the check value of the catalogues.
    #expect(CRC32C.value([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
    #expect(CRC32C.value([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
    #expect(CRC32C.value(Array(0...31)) == 0x46DD_794E)
    #expect(CRC32C.value("123456789".utf8) == 0xE306_9283)
  }

  @Test func `A record is its length, its data, and the masked check value of each`() {
    // The length 3, the data; their check values by hand: the CRC turned right by 15 bits, plus a constant.
    let record = EventFile.record([1, 2, 3])
    #expect(record.count == 19)
    #expect(Array(record[..<8]) == [3, 0, 0, 0, 0, 0, 0, 0])
    #expect(Array(record[12..<15]) == [1, 2, 3])
    func unmasked(_ bytes: ArraySlice<UInt8>) -> UInt32 {
      let masked = bytes.reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) } &- 0xA282_EAD8
      return masked << 15 | masked >> 17
    }
    #expect(unmasked(record[8..<12]) == CRC32C.value([3, 0, 0, 0, 0, 0, 0, 0]))
    #expect(unmasked(record[15...]) == CRC32C.value([1, 2, 3]))
  }

  @Test func `A scalar is a summary with one value`() {
    let bytes = Event(step: 300, content: .scalar(tag: "a/b", 0.5)).bytes(wallTime: 1)
    #expect(
      bytes == [
        0x09, 0, 0, 0, 0, 0, 0, 0xF0, 0x3F,  // wall_time: 1
        0x10, 0xAC, 0x02,  // step: 300
        0x2A, 12, 0x0A, 10, 0x0A, 3, 0x61, 0x2F, 0x62, 0x15, 0, 0, 0, 0x3F,  // tag "a/b", simple_value 0.5
      ])
  }

  @Test func `A length that varies is -1, in ten bytes`() {
    let node = GraphNode(name: "x", operation: "Placeholder", outputShape: [-1])
    let varies: [UInt8] = [0x12, 11, 0x08, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01]
    let graph = GraphNode.graph([node])
    #expect(graph.starts(with: [0x0A]) && graph.contains(varies))
    // versions { producer: 27 }
    #expect(graph.suffix(4) == [0x22, 2, 0x08, 27])
  }

  @Test func `Every file begins with its version, and missing folders are made`() throws {
    try withTemporaryFolder { folder in
      let file = try EventFile.make(in: folder + "/a/b")
      try file.write(Event(step: 1, content: .scalar(tag: "t", 1)))
      #expect(file.path.contains("/a/b/events.out.tfevents."))
      let events = try records(of: file.path)
      #expect(events.count == 2)
      #expect(events[0].suffix(15) == [0x1A, 13] + Array("brain.Event:2".utf8))
      #expect(try Data(contentsOf: URL(fileURLWithPath: file.path)).count == file.byteCount)
    }
  }

  @Test func `A folder that cannot be made is told with its reason`() {
    let error = #expect(throws: EventFileError.self) { try EventFile.make(in: "/proc/no/such") }
    #expect(error?.description == "/proc/no cannot be written: No such file or directory")
  }

  @Test func `A full disk is told with its reason`() {
    let error = #expect(throws: EventFileError.self) { try EventFile(path: "/dev/full", flags: 0) }
    #expect(error?.description == "/dev/full cannot be written: No space left on device")
  }

  @Test func `A run whose folder was cleared begins anew`() throws {
    try withTemporaryFolder { folder in
      let run = EventRun(directory: folder + "/run", maxBytes: 1 << 20)
      try run.write(.scalar(tag: "t", 1), step: 1)
      try FileManager.default.removeItem(atPath: folder + "/run")
      try run.write(.scalar(tag: "t", 2), step: 2)
      let names = try FileManager.default.contentsOfDirectory(atPath: folder + "/run")
      #expect(try records(of: "\(folder)/run/\(names[0])").count == 2)
    }
  }

  @Test func `A run keeps its newest files below its limit, and the graph in each`() throws {
    try withTemporaryFolder { folder in
      let run = EventRun(directory: folder, maxBytes: 4096)
      let foreign = folder + "/events.out.tfevents.1.other"
      try Data([1]).write(to: URL(fileURLWithPath: foreign))
      try run.setGraph([GraphNode(name: "only", operation: "Placeholder", outputShape: [1])])
      for step in 0..<200 { try run.write(.scalar(tag: "some/scalar", Double(step)), step: step) }
      let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
      #expect(names.count == 5)
      #expect(FileManager.default.fileExists(atPath: foreign))
      let own = names.filter { !$0.hasSuffix("other") }.map { "\(folder)/\($0)" }
      var sizes = 0
      for path in own {
        let events = try records(of: path)
        #expect(events[1].contains(Array("only".utf8)))
        sizes += try Data(contentsOf: URL(fileURLWithPath: path)).count
      }
      // One event may go beyond.
      #expect(sizes <= 4096 + 4 * 64)
      // The last is there: step 199.
      #expect(try records(of: own[3]).last?.contains([0x10, 0xC7, 0x01, 0x2A]) == true)
    }
  }
}

/// The data of a file's records, whose check values are held to what they should be.
func records(of path: String) throws -> [[UInt8]] {
  let bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
  var records: [[UInt8]] = []
  var offset = 0
  while offset < bytes.count {
    let length = bytes[offset..<offset + 8].reversed().reduce(0) { $0 << 8 | Int($1) }
    let data = Array(bytes[offset + 12..<offset + 12 + length])
    #expect(Array(bytes[offset..<offset + length + 16]) == EventFile.record(data))
    records.append(data)
    offset += length + 16
  }
  return records
}

func withTemporaryFolder(_ body: (String) throws -> Void) throws {
  let folder = NSTemporaryDirectory() + "upconv-events-\(UUID().uuidString)"
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: folder) }
  try body(folder)
}
