package import UpconvTensor

extension Tensor {
  /// Images of one size as one batch, in order. O(elements).
  /// - Parameter parts: at least one, all of the same shape but for the first axis.
  package static func joined(_ parts: [Tensor]) -> Tensor {
    let images = parts.reduce(0) { $0 + ($1.shape.dimensions.first ?? 0) }
    var dimensions = parts.first?.shape.dimensions ?? [0]
    dimensions[0] = images
    let shape = Shape(known: dimensions)
    return Tensor.filled(shape: shape) { room in
      var offset = 0
      for part in parts {
        part.withElements { elements in
          _ = UnsafeMutableBufferPointer(rebasing: room[offset...]).update(fromContentsOf: elements)
          offset += elements.count
        }
      }
    }
  }

  /// Tensors of one shape along a new first axis, in order. O(elements).
  /// - Parameter rows: at least one, all of the same shape.
  package static func stacked(_ rows: [Tensor]) -> Tensor {
    joined(rows.compactMap { $0.reshaped(to: Shape(known: [1] + $0.shape.dimensions)) })
  }

  /// A batch taken apart again: `counts` images each. O(elements).
  /// - Parameter counts: their sum is the batch.
  package func split(_ counts: [Int]) -> [Tensor] {
    let imageElements = shape.dimensions.dropFirst().reduce(1, *)
    var first = 0
    return counts.map { count in
      defer { first += count * imageElements }
      let start = first
      return Tensor.filled(shape: Shape(known: [count] + shape.dimensions.dropFirst())) { room in
        withElements { elements in
          _ = room.update(fromContentsOf: elements[start..<start + room.count])
        }
      }
    }
  }
}
