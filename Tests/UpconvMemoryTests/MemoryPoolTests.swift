import Dispatch
import Testing
import UpconvMemory

@Suite struct MemoryPoolTests {
  @Test func `Memory comes back to whoever asks next`() {
    let pool = MemoryPool(maxIdleBytes: 1 << 20)
    var first: UnsafeMutableRawPointer?
    pool.withMemory(byteCount: 100_000) { memory in
      first = memory
      memory.storeBytes(of: 7, toByteOffset: 99_992, as: Int.self)
    }
    #expect(pool.idleBytes >= 100_000)
    pool.withMemory(byteCount: 70_000) { memory in
      #expect(memory == first)
      #expect(pool.idleBytes == 0)
    }
  }

  @Test func `An owner gives memory back when it is gone`() {
    let pool = MemoryPool(maxIdleBytes: 1 << 20)
    var memory: PooledMemory? = pool.memory(byteCount: 1)
    #expect(memory?.byteCount ?? 0 >= 1)
    #expect(pool.idleBytes == 0)
    memory = nil
    #expect(pool.idleBytes > 0)
    pool.releaseIdle()
    #expect(pool.idleBytes == 0)
  }

  @Test func `No more is kept than allowed`() {
    let pool = MemoryPool(maxIdleBytes: 256 << 10)
    let owners = (0..<10).map { _ in pool.memory(byteCount: 64 << 10) }
    withExtendedLifetime(owners) {}
    _ = consume owners
    #expect(pool.idleBytes <= 256 << 10)
    pool.withMemory(byteCount: 1 << 20) { _ in }
    #expect(pool.idleBytes <= 256 << 10)
  }

  @Test func `Small calls do not hold large pieces`() {
    let pool = MemoryPool(maxIdleBytes: 64 << 20)
    pool.withMemory(byteCount: 32 << 20) { _ in }
    let large = pool.idleBytes
    let small = pool.memory(byteCount: 1000)
    #expect(pool.idleBytes == large)
    #expect(small.byteCount < 1 << 20)
  }

  @Test(arguments: [1, 4096, 65_536, 65_537, 2 << 20, (2 << 20) + 1, 9 << 20])
  func `Every byte of every size can be written, and begins a page`(byteCount: Int) {
    let memory = MemoryPool(maxIdleBytes: 0).memory(byteCount: byteCount)
    #expect(UInt(bitPattern: memory.start) % 4096 == 0)
    #expect(memory.byteCount >= byteCount)
    memory.start.initializeMemory(as: UInt8.self, repeating: 0xA5, count: memory.byteCount)
    #expect(memory.start.load(fromByteOffset: memory.byteCount - 1, as: UInt8.self) == 0xA5)
  }

  @Test func `Threads never share a piece`() {
    let pool = MemoryPool(maxIdleBytes: 1 << 20)
    DispatchQueue.concurrentPerform(iterations: 8) { thread in
      for round in 0..<500 {
        pool.withMemory(byteCount: 1 + round * 400) { memory in
          let cells = memory.bindMemory(to: Int.self, capacity: 1 + round * 50)
          for cell in 0...round * 50 { cells[cell] = thread }
          #expect((0...round * 50).allSatisfy { cells[$0] == thread })
        }
      }
    }
  }
}
