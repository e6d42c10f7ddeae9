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
  ///   - pixelsPerIndex: rows of a product that one index brings.
  ///   - pixelTarget: rows of a product that a unit should have.
  ///   - splitsPanels: whether units should share the columns, because there would be fewer than `wantedUnits`.
  init(
    batch: Int, indices: Int, panels: Int, pixelsPerIndex: Int, pixelTarget: Int, maxImagesPerUnit: Int,
    wantedUnits: Int
  ) {
    self.batch = batch
    self.indices = indices
    self.panels = panels
    let pixels = max(1, pixelsPerIndex)
    if pixels * indices >= pixelTarget {
      imagesPerUnit = 1
      let parts = max(1, pixels * indices / pixelTarget)
      indicesPerUnit = (indices + parts - 1) / parts
    } else {
      imagesPerUnit = max(1, min(batch, maxImagesPerUnit, pixelTarget / max(1, pixels * indices)))
      indicesPerUnit = indices
    }
    let units = ((batch + imagesPerUnit - 1) / imagesPerUnit) * ((indices + indicesPerUnit - 1) / indicesPerUnit)
    let shares = units == 0 ? 1 : max(1, min(panels, (wantedUnits + units - 1) / units))
    panelsPerUnit = (panels + shares - 1) / shares
  }

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
