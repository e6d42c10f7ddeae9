import Glibc

extension ModelFolder {
  /// The first file that looks like weights: in the folder, in a folder of it, or beside the folder of a version.
  var otherWeights: OtherWeights? {
    let names = ModelFolder.names(in: path)
    if let found = ModelFolder.weights(among: names, "") { return found }
    for name in names where !name.hasPrefix(".") && ModelFolder.isFolder(path + "/" + name) {
      if let found = ModelFolder.weights(among: ModelFolder.names(in: path + "/" + name), name + "/") { return found }
    }
    guard let (parent, version) = parent, Int(version) != nil else { return nil }
    return ModelFolder.weights(among: ModelFolder.names(in: parent), "../")
  }

  private static func weights(among names: [String], _ prefix: String) -> OtherWeights? {
    for name in names { if let found = OtherWeights(file: prefix + name, name: name) { return found } }
    return nil
  }

  private static func names(in folder: String) -> [String] { (folderNames(folder) ?? []).sorted() }

  /// Links are not followed: names outside of the folder are not for clients to see.
  private static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }
}
