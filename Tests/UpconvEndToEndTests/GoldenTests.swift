import Testing
import UpconvCompression
import UpconvFormats
import UpconvTensor
import UpconvTestSupport

/// What TensorFlow and PyTorch answered, through HTTP, in each encoding.
@Suite struct GoldenTests {
  private func fault(_ golden: GoldenCase, shape: [Int], data: [Float]) -> String? {
    guard shape == golden.output.shape.dimensions else { return "the shape is \(shape)" }
    return Comparison.firstFault(
      got: data, expected: golden.output.elements.map(Double.init), magnitudes: golden.magnitudes())
  }

  private func output(ofSafetensors content: [UInt8]) throws -> Tensor {
    var reader = SafetensorsReader()
    try content.withUnsafeBytes { try reader.read($0) }
    let bundle = try reader.finish()
    #expect(bundle.tensors.map(\.name) == ["output"])
    return bundle.tensors[0].tensor
  }

  @Test func `There are 61 cases from TensorFlow and 40 from PyTorch`() throws {
    let names = try GoldenCase.all().map(\.name)
    #expect(names.count == 101)
    #expect(names.count { $0.hasPrefix("torch_") } == 40)
  }

  @Test(arguments: [false, true])
  func `Every case comes back right through JSON, flat and nested`(nested: Bool) throws {
    let server = try TestServer()
    for golden in try GoldenCase.all() {
      let response = try server.post(golden.json(nested: nested))
      #expect(response.status == 200, "\(golden): \(response.text.prefix(300))")
      let (shape, data) = try #require(response.tensor)
      #expect(fault(golden, shape: shape, data: data) == nil, "\(golden)")
    }
  }

  @Test(arguments: [false, true])
  func `Every case comes back right through safetensors, plain and gzip both ways`(gzip: Bool) throws {
    let server = try TestServer()
    for golden in try GoldenCase.all() {
      let content = try golden.safetensors()
      var response = try server.post(
        gzip ? Deflater.gzip(content) : content, type: "application/vnd.safetensors",
        fields: gzip ? [("Content-Encoding", "gzip"), ("Accept-Encoding", "gzip")] : [])
      #expect(response.status == 200, "\(golden): \(response.text.prefix(300))")
      #expect(response["content-type"] == "application/vnd.safetensors")
      if response["content-encoding"] == "gzip" { response.content = try inflate(response.content) }
      let output = try output(ofSafetensors: response.content)
      #expect(fault(golden, shape: output.shape.dimensions, data: output.elements) == nil, "\(golden)")
    }
  }

  @Test func `The comparison finds a wrong answer`() throws {
    let server = try TestServer()
    let golden = try #require(try GoldenCase.all().first)
    var (shape, data) = try #require(try server.post(golden.json(nested: false)).tensor)
    #expect(fault(golden, shape: shape, data: data) == nil)
    data[17] += 1e-4
    #expect(fault(golden, shape: shape, data: data) != nil)
    data[17] -= 1e-4
    shape = [3, 8, 4, 8]
    #expect(fault(golden, shape: shape, data: data) != nil)
  }
}

func inflate(_ content: [UInt8]) throws -> [UInt8] {
  var inflater = Inflater(format: .gzip, maxOutputBytes: 1 << 30)
  var output: [UInt8] = []
  let window = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
  defer { window.deallocate() }
  try content.withUnsafeBytes { bytes in
    var rest = bytes
    while true {
      let count = try inflater.inflate(from: &rest, into: window)
      if count == 0 { break }
      output += window.prefix(count)
    }
  }
  try inflater.finish()
  return output
}
