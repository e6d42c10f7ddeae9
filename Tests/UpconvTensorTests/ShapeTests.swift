import Testing
import UpconvTensor

@Suite struct ShapeTests {
  @Test func `A shape multiplies its lengths`() throws {
    #expect(try Shape([3, 4, 4, 2], limits: TensorLimits()).elementCount == 96)
    #expect(try Shape([], limits: TensorLimits()).elementCount == 1)
    #expect(try Shape([3, 0, 2], limits: TensorLimits()).elementCount == 0)
  }

  @Test func `Too many axes are refused`() {
    #expect(throws: ShapeError.rankTooHigh(rank: 9, maxRank: 8)) {
      try Shape([Int](repeating: 1, count: 9), limits: TensorLimits())
    }
  }

  @Test func `A negative length is refused`() {
    #expect(throws: ShapeError.negativeDimension([2, -1])) { try Shape([2, -1], limits: TensorLimits()) }
  }

  @Test(arguments: [[Int.max, 2], [1 << 32, 1 << 32], [1 << 26, 2], [0, Int.max, Int.max]])
  func `A product that overflows or passes the limit is refused, also beside a zero`(dimensions: [Int]) {
    #expect(throws: ShapeError.tooManyElements(dimensions, maxElements: 1 << 26)) {
      try Shape(dimensions, limits: TensorLimits())
    }
  }
}
