package import Foundation

/// A repository of models in a folder of its own, which goes with the object.
package final class ModelFolder {
  package let url: URL
  package var path: String { url.path }

  package init() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("upconv-" + UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    url = folder.resolvingSymlinksInPath()
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  /// Writes a model of one 1×1 transposed convolution: every pixel of the input `x` times `weight` is the output `y`.
  /// - Parameters:
  ///   - folder: relative, such as `scale/1`.
  ///   - image: height, width, channels; nil where variable. Each input channel goes to the output channel of its place.
  package func write(
    _ folder: String, weight: Float, image: [Int?] = [nil, nil, 1]
  ) throws {
    let target = url.appendingPathComponent(folder)
    let isNew = !FileManager.default.fileExists(atPath: target.path)
    // A new folder appears whole, as whoever adds a version to a repository that is looked at should do it.
    let written = isNew ? ".staged-" + UUID().uuidString : folder
    try write(written + "/weights.safetensors", ModelFolder.weights(weight, channels: (image[2] ?? 1)))
    try write(written + "/model.json", ModelFolder.document(image: image))
    guard isNew else { return }
    try FileManager.default.createDirectory(
      at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
    try FileManager.default.moveItem(at: url.appendingPathComponent(written), to: target)
  }

  /// Writes a file, by another name first: whoever reads it finds the old one or the new one.
  package func write(_ file: String, _ content: [UInt8]) throws {
    let target = url.appendingPathComponent(file)
    try FileManager.default.createDirectory(
      at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(content).write(to: target, options: .atomic)
  }

  package func write(_ file: String, _ text: String) throws { try write(file, Array(text.utf8)) }

  package func remove(_ file: String) throws {
    try FileManager.default.removeItem(at: url.appendingPathComponent(file))
  }

  package func link(_ file: String, to destination: String) throws {
    let target = url.appendingPathComponent(file)
    try FileManager.default.createDirectory(
      at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(atPath: target.path, withDestinationPath: destination)
  }

  package static func document(image: [Int?] = [nil, nil, 1]) -> String {
    let shape = (["null"] + image.map { $0.map(String.init) ?? "null" }).joined(separator: ",")
    let name = #""name":"#
    return #"{"class_name":"Sequential","config":{\#(name)"scale","layers":["#
      + #"{"class_name":"InputLayer","config":{"batch_shape":[\#(shape)],\#(name)"x"}},"#
      + #"{"class_name":"Conv2DTranspose","config":{\#(name)"y","filters":\#(image[2] ?? 1),"kernel_size":[1,1],"#
      + #""use_bias":false}}]}}"#
  }

  /// A safetensors file with the kernel of that layer: `weight` on the diagonal.
  package static func weights(_ weight: Float, channels: Int = 1) -> [UInt8] {
    let count = channels * channels
    let header =
      #"{"y/kernel":{"dtype":"F32","shape":[1,1,\#(channels),\#(channels)],"data_offsets":[0,\#(count * 4)]}}"#
    let values = (0..<count).map { $0 % (channels + 1) == 0 ? weight : 0 }
    return withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian, Array.init) + Array(header.utf8)
      + values.withUnsafeBytes(Array.init)
  }
}
