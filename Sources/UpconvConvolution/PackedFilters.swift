import UpconvTensor

/// Filters in the order in which the row tile reads them.
///
/// | what | axes |
/// |---|---|
/// | filters as given | `[kernelHeight, kernelWidth, outputChannelsPerGroup, inputChannels]` |
/// | packed | `[group, block, kernelHeight, kernelWidth, inputChannelsPerGroup, lane]` |
///
/// A block is `lanes` neighbouring output channels of one group; the last block of a group is as narrow as what is
/// left. The tile loads `lanes` elements all the same and drops those past the block, so the tensor ends with that
/// many spare zeros: packing never takes more than that beyond the filters themselves.
struct PackedFilters: Sendable {
  static let lanes = 8

  let kernel: Spatial
  let groups: Int
  let inputChannelsPerGroup: Int
  let outputChannelsPerGroup: Int
  /// The last block of each group may be narrower than `lanes`.
  let blocksPerGroup: Int
  let weights: Tensor
  /// One number per output channel, all groups one after another; nil for zeros.
  let bias: Tensor?

  /// - Parameters:
  ///   - filters: four axes, all at least 1, the last divisible by `groups`.
  ///   - bias: one number per output channel, or nil.
  /// - Complexity: O(elements of `filters`).
  init(_ filters: Tensor, bias: Tensor?, groups: Int) {
    let kernel = Spatial(height: filters.shape[0], width: filters.shape[1])
    let outputs = filters.shape[2]
    let inputChannels = filters.shape[3]
    let inputs = inputChannels / groups
    let taps = kernel.height * kernel.width
    let lanes = PackedFilters.lanes

    self.kernel = kernel
    self.groups = groups
    self.bias = bias
    inputChannelsPerGroup = inputs
    outputChannelsPerGroup = outputs
    blocksPerGroup = (outputs + lanes - 1) / lanes
    weights = Tensor.filled(shape: Shape(vectorLength: filters.shape.elementCount + lanes)) { packed in
      filters.withElements { given in
        var position = 0
        for group in 0..<groups {
          for firstOutput in stride(from: 0, to: outputs, by: lanes) {
            let block = firstOutput..<min(firstOutput + lanes, outputs)
            for tap in 0..<taps {
              for input in group * inputs..<(group + 1) * inputs {
                for output in block {
                  packed[position] = given[(tap * outputs + output) * inputChannels + input]
                  position += 1
                }
              }
            }
          }
        }
        packed[position...].update(repeating: 0)
      }
    }
  }

  /// Where a block of output channels stands.
  struct Block {
    /// Its first channel among those of its group.
    let firstChannel: Int
    /// How many channels it has, at most `lanes`.
    let lanes: Int
    /// Its first element in `weights`.
    let offset: Int
    /// Elements from one tap to the next.
    let tapStep: Int
  }

  func block(_ index: Int, ofGroup group: Int) -> Block {
    let firstChannel = index * PackedFilters.lanes
    let lanes = min(PackedFilters.lanes, outputChannelsPerGroup - firstChannel)
    let elementsPerChannel = kernel.height * kernel.width * inputChannelsPerGroup
    return Block(
      firstChannel: firstChannel, lanes: lanes,
      offset: (group * outputChannelsPerGroup + firstChannel) * elementsPerChannel,
      tapStep: inputChannelsPerGroup * lanes)
  }
}
