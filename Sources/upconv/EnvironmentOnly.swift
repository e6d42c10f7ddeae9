import UpconvKernels

/// What only the environment can set, since every command obeys it.
enum EnvironmentOnly {
  static let instructionSet = InstructionSet.variable

  /// For the reference page.
  static let instructionSetHelp =
    "Instruction set of the kernels: portable, avx2 or avx512. By default the fastest that the machine has."
}
