import UpconvConvolution

/// What a layer says about the order of its input's axes.
enum LayoutEvidence: Equatable {
  /// The layer has a `data_format`, which its input and its output have.
  case states(Layout)
  /// The layer has an option that is usual for this layout. It keeps the order of the axes.
  case suggests(Layout)
  /// The layer keeps the order of the axes, whatever it is.
  case keepsOrder
  /// The layer's output has other axes. Its input may have a stated order.
  case ends(Layout?)
}

/// The layouts of a chain's input and output, as its layers tell them.
///
/// Layers without a `data_format` keep the order that the neighbours have; a Reshape or Flatten separates. The order of
/// preference is: the nearest layer that states a layout; the nearest that suggests one; the only layout that is stated
/// anywhere in the chain; 1 or 3 as the length of just one of the two axes on which channels may stand.
struct ChainLayout {
  let input: Layout?
  let output: Layout?

  init(_ layers: [LayoutEvidence], input: [Int?], output: [Int?]) {
    let atInput = ChainLayout.nearest(layers, isOutput: false)
    let atOutput = ChainLayout.nearest(layers.reversed(), isOutput: true)
    let stated = Set(
      layers.compactMap { evidence in
        switch evidence {
        case .states(let layout), .ends(let layout?): layout
        case .suggests, .keepsOrder, .ends(nil): nil
        }
      })
    let only = stated.count == 1 ? stated.first : nil
    self.input = input.count == 4 ? atInput ?? only ?? ChainLayout.guess(input) : nil
    self.output = output.count == 4 ? atOutput ?? only ?? ChainLayout.guess(output) : nil
  }

  /// The layout that the layers in front of the next change of axes tell.
  private static func nearest(_ layers: some Sequence<LayoutEvidence>, isOutput: Bool) -> Layout? {
    var suggested: Layout?
    for layer in layers {
      switch layer {
      case .states(let layout): return layout
      case .suggests(let layout): suggested = suggested ?? layout
      case .keepsOrder: continue
      case .ends(let layout): return isOutput ? suggested : layout ?? suggested
      }
    }
    return suggested
  }

  private static func guess(_ dimensions: [Int?]) -> Layout? {
    let fitting = Layout.allCases.filter { [1, 3].contains(dimensions[$0.axes.channels]) }
    return fitting.count == 1 ? fitting[0] : nil
  }
}
