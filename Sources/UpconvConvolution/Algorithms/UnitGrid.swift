/// How a layer's work is cut into units: images, then output indices of the vertical axis, then columns of panels.
///
/// An index stands for one output row of every vertical phase. Small images are taken several at a time.
struct UnitGrid: Sendable, Hashable {
  let batch: Int
  let indices: Int
  let panels: Int
  let imagesPerUnit: Int
  private(set) var indicesPerUnit: Int
  let panelsPerUnit: Int

  /// - Parameters:
  ///   - panels: of the products' columns.
  ///   - pixelsPerIndex: rows of a product that one index brings.
  ///   - pixels: rows of a product that a unit should have, at least and at most.
  ///   - bytesPerImage: what a whole image takes of scratch.
  ///   - packedBytes: filters that every unit reads through.
  ///   - isShared: whether the work is enough for several threads.
  ///   - isCutFreely: whether an image's bits are the same wherever it is cut.
  ///   - maxImages: images of a unit at most.
  init(
    batch: Int, indices: Int, panels: Int, pixelsPerIndex: Int, pixels: ClosedRange<Int>, bytesPerImage: Int,
    packedBytes: Int, isShared: Bool, isCutFreely: Bool = false, maxImages: Int = .max
  ) {
    self.batch = batch
    self.indices = indices
    self.panels = panels
    let threads = isShared ? UnitGrid.processors : 1
    let pixelsPerImage = max(1, pixelsPerIndex * indices)
    var shares = 1
    if pixelsPerImage >= pixels.upperBound {
      // Images by themselves, so that how one is cut does not depend on how many there are.
      let wanted = max(pixelsPerImage / pixels.upperBound, UnitGrid.unitsPerThread * UnitGrid.processors)
      let parts = max(1, min(wanted, pixelsPerImage / pixels.lowerBound))
      imagesPerUnit = 1
      indicesPerUnit = (indices + parts - 1) / parts
    } else {
      let most = max(
        1, min(maxImages, pixels.upperBound / pixelsPerImage, UnitGrid.maxBytes / max(1, bytesPerImage)))
      var parts = max(1, (batch + most - 1) / most)
      if parts % threads != 0, batch >= threads || !isCutFreely || packedBytes > UnitGrid.fewPackedBytes {
        // Filters that are larger than all images are better halved than read twice.
        if packedBytes > UnitGrid.fewPackedBytes {
          shares = threads
        } else {
          parts = (parts + threads - 1) / threads * threads
        }
      }
      var cuts = 1
      if isCutFreely, shares == 1, parts < threads {
        // Too few images for all threads: each by itself, since a unit of several holds them whole.
        parts = max(1, batch)
        cuts = max(1, min(2 * threads / parts, 2 * pixelsPerImage / pixels.lowerBound))
      }
      imagesPerUnit = max(1, (batch + parts - 1) / parts)
      indicesPerUnit = (indices + cuts - 1) / cuts
    }
    shares = max(1, min(shares, panels))
    panelsPerUnit = max(1, (panels + shares - 1) / shares)
  }

  static let processors = ProcessorAllowance.current()
  /// More than one, so that a thread whose core is taken away for a while leaves its share to the others.
  private static let unitsPerThread = 4
  /// Scratch that the images of a unit may take.
  private static let maxBytes = 16 << 20
  private static let fewPackedBytes = 1 << 20

  /// Lets units of part of an image have a number of indices that tiles fill.
  mutating func roundIndices(toMultipleOf multiple: Int, less: Int) {
    guard indicesPerUnit < indices else { return }
    indicesPerUnit = max(1, (indicesPerUnit + multiple - 1) / multiple * multiple - less)
  }

  private var imageParts: Int { (batch + imagesPerUnit - 1) / imagesPerUnit }
  private var indexParts: Int { (indices + indicesPerUnit - 1) / indicesPerUnit }
  private var panelParts: Int { (panels + panelsPerUnit - 1) / panelsPerUnit }

  var count: Int { imageParts * indexParts * panelParts }

  struct Unit {
    let images: Range<Int>
    let indices: Range<Int>
    let panels: Range<Int>
  }

  subscript(unit: Int) -> Unit {
    let (rest, panel) = unit.quotientAndRemainder(dividingBy: panelParts)
    let (image, index) = rest.quotientAndRemainder(dividingBy: indexParts)
    func range(_ part: Int, _ size: Int, of whole: Int) -> Range<Int> { part * size..<min(whole, (part + 1) * size) }
    return Unit(
      images: range(image, imagesPerUnit, of: batch), indices: range(index, indicesPerUnit, of: indices),
      panels: range(panel, panelsPerUnit, of: panels))
  }
}
