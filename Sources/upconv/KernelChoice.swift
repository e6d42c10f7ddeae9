import ArgumentParser
import UpconvConvolution
import UpconvKernels

/// Flags by which `bench` and `explain` force a way to compute.
enum KernelChoice {
  /// - Returns: nil if none was named, and the planner picks.
  static func algorithm(_ name: String?) throws -> Algorithm? {
    guard let name else { return nil }
    guard let algorithm = Algorithm(rawValue: name) else {
      let names = Algorithm.allCases.map(\.rawValue).joined(separator: ", ")
      throw ValidationError("--algorithm is \(name), but must be one of \(names).")
    }
    return algorithm
  }

  static func tiles(_ name: String?) throws -> Tiles {
    do {
      return Tiles(try name.map(InstructionSet.named) ?? .current) ?? .current
    } catch { throw ValidationError("--isa: \(error).") }
  }
}
