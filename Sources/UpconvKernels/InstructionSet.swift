import CTiles
import Glibc

/// What the innermost loops are compiled for.
package enum InstructionSet: String, Sendable, CaseIterable {
  /// What the architecture promises everywhere: SSE2 on x86-64, NEON on arm64.
  case portable
  /// AVX2 with FMA.
  case avx2
  /// AVX-512F.
  case avx512

  /// Those that this machine can run, slowest first.
  package static let available: [InstructionSet] = allCases.filter { $0.table != nil }

  /// The environment variable that forces one.
  package static let variable = "UPCONV_ISA"

  /// Reads the variable: the forced one, or nil if it is not set.
  /// - Throws: if it names none, or one that this machine cannot run.
  package static func forced() throws(InstructionSetError) -> InstructionSet? {
    guard let value = getenv(variable) else { return nil }
    return try named(String(cString: value))
  }

  /// - Throws: if `name` is none, or one that this machine cannot run.
  package static func named(_ name: String) throws(InstructionSetError) -> InstructionSet {
    guard let set = InstructionSet(rawValue: name) else { throw .unknown(name) }
    guard available.contains(set) else { throw .notAvailable(set) }
    return set
  }

  /// The one that runs where none is asked for: the forced one, else the fastest. Chosen once.
  package static let current: InstructionSet = (try? forced()) ?? available.last ?? .portable

  /// The functions; nil if the machine cannot run them.
  var table: UnsafePointer<upconv_tiles>? {
    switch self {
    case .portable: upconv_portable()
    case .avx2: upconv_avx2()
    case .avx512: upconv_avx512()
    }
  }
}

/// Why an instruction set cannot be used.
package enum InstructionSetError: Error, Equatable, CustomStringConvertible {
  case unknown(String)
  case notAvailable(InstructionSet)

  package var description: String {
    switch self {
    case .unknown(let name):
      "\(name) is no instruction set; this machine has \(InstructionSetError.list(InstructionSet.available))"
    case .notAvailable(let set):
      "this machine cannot run \(set.rawValue); it has \(InstructionSetError.list(InstructionSet.available))"
    }
  }

  private static func list(_ sets: [InstructionSet]) -> String {
    sets.map(\.rawValue).joined(separator: ", ")
  }
}
