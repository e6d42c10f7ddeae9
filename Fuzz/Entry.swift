import Glibc

/// What libFuzzer calls for every input it makes up. It holds `main` itself, and its children inherit the environment,
/// so that is where the target's name comes from.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  FuzzTarget.chosen.run(Array(UnsafeBufferPointer(start: bytes, count: count)))
  return 0
}

extension FuzzTarget {
  /// The one that `UPCONV_FUZZ_TARGET` names.
  static let chosen: FuzzTarget = {
    let name = getenv("UPCONV_FUZZ_TARGET").map { String(cString: $0) } ?? ""
    guard let target = FuzzTarget(rawValue: name) else {
      let names = allCases.map(\.rawValue).joined(separator: ", ")
      fatalError("UPCONV_FUZZ_TARGET is \"\(name)\", but must be one of \(names)")
    }
    return target
  }()
}
