import Dispatch
import Glibc
import Synchronization
import Testing
import UpconvKernels

@Suite struct ScratchPoolTests {
  private static let kilobyte = 256  // elements

  @Test func `A second call takes the memory of the first`() {
    let pool = ScratchPool(maxBytes: 1 << 20)
    #expect(pool.idleBytes == 0)
    var addresses: [UnsafeMutablePointer<Float>] = []
    for _ in 0..<3 {
      pool.withScratch(elementCount: 100 * ScratchPoolTests.kilobyte) {
        addresses.append($0)
        #expect(pool.idleBytes == 0)
      }
      #expect(pool.idleBytes == 100 << 10)
    }
    #expect(Set(addresses).count == 1)
  }

  @Test func `A smaller call takes the smallest memory that is large enough`() {
    let pool = ScratchPool(maxBytes: 1 << 20)
    let sizes = [40, 10, 20].map { $0 * ScratchPoolTests.kilobyte }
    var lent: [Int: UnsafeMutablePointer<Float>] = [:]
    pool.withScratch(elementCount: sizes[0]) { a in
      pool.withScratch(elementCount: sizes[1]) { b in
        pool.withScratch(elementCount: sizes[2]) { c in lent = [40: a, 10: b, 20: c] }
      }
    }
    #expect(pool.idleBytes == 70 << 10)
    pool.withScratch(elementCount: 11 * ScratchPoolTests.kilobyte) { #expect($0 == lent[20]) }
    pool.withScratch(elementCount: 1) { #expect($0 == lent[10]) }
    pool.withScratch(elementCount: 40 * ScratchPoolTests.kilobyte) { #expect($0 == lent[40]) }
  }

  @Test func `What is kept is bounded`() {
    let pool = ScratchPool(maxBytes: 100 << 10)
    pool.withScratch(elementCount: 80 * ScratchPoolTests.kilobyte) { _ in
      pool.withScratch(elementCount: 60 * ScratchPoolTests.kilobyte) { _ in }
      #expect(pool.idleBytes == 60 << 10)
    }
    // The 80 KiB would pass the bound beside the 60 KiB.
    #expect(pool.idleBytes == 60 << 10)
    pool.withScratch(elementCount: 101 * ScratchPoolTests.kilobyte) { _ in }
    #expect(pool.idleBytes == 60 << 10)
  }

  @Test(arguments: [0, 1, 1023, 1024, 1025, 100_000])
  func `Memory begins with a page and can be written to its end`(count: Int) {
    let pool = ScratchPool(maxBytes: 1 << 20)
    pool.withScratch(elementCount: count) { scratch in
      #expect(UInt(bitPattern: scratch) % 4096 == 0)
      for index in 0..<count { scratch[index] = Float(index) }
      #expect((0..<count).allSatisfy { scratch[$0] == Float($0) })
    }
  }

  @Test func `Threads never share memory at the same time`() {
    let pool = ScratchPool(maxBytes: 64 << 10)
    let faults = Atomic<Int>(0)
    DispatchQueue.concurrentPerform(iterations: 8) { thread in
      for round in 0..<200 {
        let count = 1 + (thread * 37 + round * 101) % 4000
        let mark = Float(thread * 1000 + round)
        pool.withScratch(elementCount: count) { scratch in
          scratch.update(repeating: mark, count: count)
          // Whoever else has this memory gets the time to spoil it.
          if round % 16 == 0 { sched_yield() }
          for index in 0..<count where scratch[index] != mark { faults.wrappingAdd(1, ordering: .relaxed) }
        }
        if pool.idleBytes > 64 << 10 { faults.wrappingAdd(1, ordering: .relaxed) }
      }
    }
    #expect(faults.load(ordering: .relaxed) == 0)
  }
}
