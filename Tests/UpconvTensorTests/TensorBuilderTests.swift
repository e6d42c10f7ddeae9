import Testing
import UpconvTensor

@Suite struct TensorBuilderTests {
  @Test func `A builder grows and keeps the order`() throws {
    var builder = TensorBuilder(maxElements: 10_000)
    for index in 0..<5_000 { try builder.append(Float(index)) }
    let tensor = try builder.finish(shape: Shape([50, 100], limits: TensorLimits()))
    #expect(tensor.elements == (0..<5_000).map(Float.init))
  }

  @Test func `One element too many is refused`() throws {
    var builder = TensorBuilder(maxElements: 2)
    try builder.append(1)
    try builder.append(2)
    var refused = false
    do { try builder.append(3) } catch { refused = error == .tooManyElements(maxElements: 2) }
    #expect(refused)
  }

  @Test func `A shape of another size is refused`() throws {
    var builder = TensorBuilder(maxElements: 2)
    try builder.append(1)
    let shape = try Shape([2], limits: TensorLimits())
    var refused = false
    do { _ = try builder.finish(shape: shape) } catch {
      refused = error == .countMismatch(shape: [2], expected: 2, found: 1)
    }
    #expect(refused)
  }

  @Test func `An expected count beyond the limit takes no more than the limit`() throws {
    var builder = TensorBuilder(expectedElements: .max, maxElements: 4)
    try builder.append(1)
    #expect(builder.count == 1)
  }
}
