/// How a row's outputs are dealt out to matrix products: each part is one product a vertical phase.
struct RowParts: Sendable {
  struct Part: Sendable {
    /// How many pixels of the part a row has, and its taps: the kernel columns are those of the part's own filters.
    let phase: AxisPhases.Phase
    /// Where in the row its first number stands.
    let firstPixel: Int
    let firstChannel: Int
    /// Numbers of one of its pixels: the product's columns.
    let channels: Int
  }

  let parts: [Part]
  /// Pixels from one of a part to its next: of the input, and of the output.
  let inputStep: Int
  let outputStep: Int
  /// Neighbouring outputs that count as one pixel of so many times as many channels.
  let outputsPerPixel: Int

  /// A part for every phase.
  init(_ columns: AxisPhases, channels: Int) {
    parts = columns.phases.enumerated().map {
      Part(phase: $1, firstPixel: $0, firstChannel: 0, channels: channels)
    }
    inputStep = 1
    outputStep = columns.stride
    outputsPerPixel = 1
  }

  /// Parts of merged pixels.
  init(merged parts: [Part], inputStep: Int, outputsPerPixel: Int) {
    self.parts = parts
    self.inputStep = inputStep
    outputStep = 1
    self.outputsPerPixel = outputsPerPixel
  }

  /// The most pixels that a part has in a row.
  var longest: Int { parts.map(\.phase.count).max() ?? 0 }

  /// Whether a pixel's channels are all one part's: only then can panels be shared out among units.
  var haveWholePixels: Bool { parts.allSatisfy { $0.firstChannel == 0 } && Set(parts.map(\.channels)).count <= 1 }

  /// The input pixels that first pixels read, over all parts; 0...0 where no part has a tap.
  var window: ClosedRange<Int> {
    let offsets = parts.flatMap(\.phase.taps).map(\.inputOffset)
    guard let least = offsets.min(), let most = offsets.max() else { return 0...0 }
    return least...most
  }
}
