import CDecimal
import Glibc

/// What the innermost loops between float32 and text are compiled for.
package enum DecimalInstructions: String, Sendable, CaseIterable {
  /// What the architecture promises everywhere.
  case portable
  case avx2
  /// AVX-512 with F, BW, DQ and VL.
  case avx512

  /// Those that this machine can run, slowest first.
  package static let available: [DecimalInstructions] = allCases.filter { $0.table != nil }

  /// The one that `UPCONV_ISA` names, else the fastest. Chosen once.
  package static let current: DecimalInstructions = {
    let forced = getenv("UPCONV_ISA").flatMap { DecimalInstructions(rawValue: String(cString: $0)) }
    return available.last { $0 == forced } ?? available.last ?? .portable
  }()

  /// The functions; the portable ones where the machine cannot run them.
  var functions: upconv_decimal { (table ?? upconv_decimal_portable()).pointee }

  private var table: UnsafePointer<upconv_decimal>? {
    switch self {
    case .portable: upconv_decimal_portable()
    case .avx2: upconv_decimal_avx2()
    case .avx512: upconv_decimal_avx512()
    }
  }
}
