import UpconvTensor

/// Filters in the order in which `DirectRows` reads them.
///
/// | what | axes |
/// |---|---|
/// | filters as given | `[kernelHeight, kernelWidth, outputChannelsPerGroup, inputChannels]` |
/// | packed | `[group, block, kernelHeight, kernelWidth, inputChannelsPerGroup, lane]` |
///
/// A block is `lanes` neighbouring output channels of one group; the last block of a group is as narrow as what is
/// left. The tile loads `lanes` elements all the same and drops those past the block, so the tensor ends with that
/// many spare zeros: packing never takes more than that beyond the filters themselves.
struct DirectFilters: Sendable {
  static let lanes = 8

  let kernel: Spatial
  let groups: Int
  let inputChannelsPerGroup: Int
  let outputChannelsPerGroup: Int
  /// The last block of each group may be narrower than `lanes`.
  let blocksPerGroup: Int

  init(_ filters: LayerFilters) {
    kernel = filters.kernel
    groups = filters.groups
    inputChannelsPerGroup = filters.inputsPerGroup
    outputChannelsPerGroup = filters.outputsPerGroup
    blocksPerGroup = (filters.outputsPerGroup + DirectFilters.lanes - 1) / DirectFilters.lanes
  }

  /// Numbers that are packed, the spare ones included.
  var elementCount: Int {
    kernel.height * kernel.width * inputChannelsPerGroup * outputChannelsPerGroup * groups + DirectFilters.lanes
  }

  /// O(elements of `filters`).
  func pack(_ filters: LayerFilters) -> Tensor {
    let inputs = inputChannelsPerGroup
    let outputs = outputChannelsPerGroup
    let lanes = DirectFilters.lanes
    return Tensor.filled(shape: Shape(vectorLength: elementCount)) { packed in
      filters.weights.withElements { given in
        var position = 0
        for group in 0..<groups {
          for firstOutput in stride(from: 0, to: outputs, by: lanes) {
            let block = firstOutput..<min(firstOutput + lanes, outputs)
            for tap in 0..<kernel.height * kernel.width {
              for input in group * inputs..<(group + 1) * inputs {
                for output in block {
                  packed[position] = given[(tap * outputs + output) * filters.inputChannels + input]
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
    /// Its first packed element.
    let offset: Int
    /// Elements from one tap to the next.
    let tapStep: Int
  }

  func block(_ index: Int, ofGroup group: Int) -> Block {
    let firstChannel = index * DirectFilters.lanes
    let lanes = min(DirectFilters.lanes, outputChannelsPerGroup - firstChannel)
    let elementsPerChannel = kernel.height * kernel.width * inputChannelsPerGroup
    return Block(
      firstChannel: firstChannel, lanes: lanes,
      offset: (group * outputChannelsPerGroup + firstChannel) * elementsPerChannel,
      tapStep: inputChannelsPerGroup * lanes)
  }
}
