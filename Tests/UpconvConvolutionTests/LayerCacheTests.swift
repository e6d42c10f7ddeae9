import Dispatch
import Testing
import UpconvTensor
import UpconvTestSupport

@testable import UpconvConvolution

@Suite struct LayerCacheTests {
  private let limits = ConvolutionLimits()

  private struct Request {
    var operation = TransposedConvolution()
    var input: Tensor
    var filters: Tensor
    var bias: Tensor?

    init(seed: UInt64, side: Int = 6, channels: Int = 16) {
      var generator = SeededGenerator(seed: seed)
      operation.strides = Spatial(height: 2, width: 2)
      input = generator.tensor([1, side, side, channels])
      filters = generator.tensor([4, 4, channels, channels])
      bias = generator.tensor([channels])
    }

    func plan(_ layers: LayerCache, exact: Bool = false) throws -> ConvolutionPlan {
      try layers.plan(operation, filters: filters, bias: bias, inputShape: input.shape, exact: exact)
    }

    var expected: [UInt32] {
      get throws {
        try ConvolutionLayer(operation, filters: filters, bias: bias).plan(inputShape: input.shape).run(input)
          .elements.map(\.bitPattern)
      }
    }

    func got(_ layers: LayerCache) throws -> [UInt32] { try plan(layers).run(input).elements.map(\.bitPattern) }
  }

  @Test func `The same numbers in other memory are packed once`() throws {
    let layers = LayerCache(limits: limits, maxBytes: 1 << 24)
    let first = try Request(seed: 1).plan(layers)
    let bytes = layers.byteCount
    #expect(bytes > 0)
    let second = try Request(seed: 1).plan(layers)
    #expect(layers.byteCount == bytes)
    first.packed.withElements { first in
      second.packed.withElements { second in #expect(first.baseAddress == second.baseAddress) }
    }
    let expected = try Request(seed: 1).expected
    #expect(try Request(seed: 1).got(layers) == expected)
  }

  @Test func `Whatever differs is computed with its own numbers`() throws {
    let layers = LayerCache(limits: limits, maxBytes: 1 << 24)
    var requests = [Request(seed: 1)]
    func add(_ change: (inout Request) -> Void) {
      var request = Request(seed: 1)
      change(&request)
      requests.append(request)
    }
    add { $0.filters = LayerCacheTests.changed($0.filters, at: 0) }
    add { $0.filters = LayerCacheTests.changed($0.filters, at: $0.filters.shape.elementCount - 1) }
    add { $0.bias = LayerCacheTests.changed($0.bias!, at: 3) }
    add { $0.bias = nil }
    add { $0.operation.activation = .relu }
    add { $0.operation.padding = .valid }
    add { $0.filters = Tensor(dimensions: [2, 8, 16, 16], elements: $0.filters.elements)! }
    // Twice, so that every one also meets a cache that knows it.
    for request in requests + requests {
      let expected = try request.expected
      #expect(try request.got(layers) == expected)
    }
  }

  private static func changed(_ tensor: Tensor, at index: Int) -> Tensor {
    var elements = tensor.elements
    elements[index] += 1
    return Tensor(dimensions: tensor.shape.dimensions, elements: elements)!
  }

  @Test func `A sum of hashes that collide is told apart by its bytes`() {
    let (zero, negative) = (Tensor(dimensions: [1], elements: [0])!, Tensor(dimensions: [1], elements: [-0.0])!)
    #expect(!zero.hasSameContent(as: negative))
    let nan = Tensor(dimensions: [1], elements: [.nan])!
    #expect(nan.hasSameContent(as: Tensor(dimensions: [1], elements: [.nan])!))
    #expect(!zero.hasSameContent(as: Tensor(dimensions: [1, 1], elements: [0])!))
  }

  @Test func `Every element and the length move the hash`() {
    var generator = SeededGenerator(seed: 3)
    for count in [1, 2, 15, 16, 17, 33, 64] {
      let tensor = generator.tensor([count])
      var hashes: Set<UInt64> = [tensor.contentHash(seed: 1), tensor.contentHash(seed: 2)]
      for index in 0..<count { hashes.insert(LayerCacheTests.changed(tensor, at: index).contentHash(seed: 1)) }
      hashes.insert(Tensor(dimensions: [count + 1], elements: tensor.elements + [0])!.contentHash(seed: 1))
      #expect(hashes.count == count + 3)
    }
    // Runs of zeros do not wipe out what stands before them.
    let zeros = [Float](repeating: 0, count: 64)
    let hashes = (0..<8).map { Tensor(dimensions: [65], elements: [Float($0)] + zeros)!.contentHash(seed: 9) }
    #expect(Set(hashes).count == 8)
  }

  @Test func `No more bytes are kept than allowed, and what was used last stays`() throws {
    let one = LayerCache(limits: limits, maxBytes: .max)
    _ = try Request(seed: 1).plan(one)
    let layers = LayerCache(limits: limits, maxBytes: 3 * one.byteCount)
    let first = try Request(seed: 1).plan(layers)
    for seed in 2..<20 {
      _ = try Request(seed: UInt64(seed)).plan(layers)
      #expect(layers.byteCount <= layers.maxBytes)
      // Used each time, so that others are forgotten first.
      let again = try Request(seed: 1).plan(layers)
      first.packed.withElements { first in
        again.packed.withElements { again in #expect(first.baseAddress == again.baseAddress) }
      }
    }
  }

  @Test func `A layer larger than the bound is not kept, and does not push out others`() throws {
    let small = try LayerCacheTests.bytes(of: Request(seed: 1))
    let layers = LayerCache(limits: limits, maxBytes: 2 * small)
    _ = try Request(seed: 1).plan(layers)
    _ = try Request(seed: 2, channels: 64).plan(layers)
    #expect(layers.byteCount == small)
    let none = LayerCache(limits: limits, maxBytes: 0)
    _ = try Request(seed: 1).plan(none)
    #expect(none.byteCount == 0)
  }

  private static func bytes(of request: Request) throws -> Int {
    let layers = LayerCache(limits: ConvolutionLimits(), maxBytes: .max)
    _ = try request.plan(layers)
    return layers.byteCount
  }

  @Test func `Many sizes of input do not make it grow without end`() throws {
    let layers = LayerCache(limits: limits, maxBytes: 1 << 24)
    for side in 1...40 { _ = try Request(seed: 1, side: side).plan(layers) }
    let bytes = layers.byteCount
    for side in 1...40 { _ = try Request(seed: 1, side: side).plan(layers) }
    #expect(layers.byteCount == bytes)
  }

  @Test func `Exact plans and others are kept apart`() throws {
    let layers = LayerCache(limits: limits, maxBytes: 1 << 24)
    let request = Request(seed: 5, side: 16, channels: 64)
    #expect(try request.plan(layers).algorithm == .winograd)
    #expect(try request.plan(layers, exact: true).algorithm != .winograd)
    #expect(try request.plan(layers).algorithm == .winograd)
  }

  @Test func `An operation that is refused leaves nothing`() throws {
    let layers = LayerCache(limits: limits, maxBytes: 1 << 24)
    var request = Request(seed: 1)
    request.operation.groups = 3
    #expect(throws: GeometryError.self) { try request.plan(layers) }
    #expect(layers.byteCount == 0)
  }

  @Test func `Many threads at once get their own answers`() throws {
    let layers = LayerCache(limits: limits, maxBytes: 1 << 18)
    let expected = try (0..<6).map { try Request(seed: UInt64($0)).expected }
    DispatchQueue.concurrentPerform(iterations: 8) { thread in
      for round in 0..<30 {
        let index = (thread + round) % 6
        #expect((try? Request(seed: UInt64(index)).got(layers)) == expected[index])
      }
    }
  }
}
