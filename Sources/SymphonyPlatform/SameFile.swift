// Whether two paths lead to one file, through whatever links. Asked where a state directory is
// compared with the workflow it belongs to.

package enum SameFile {
  /// Equal paths are the same also where nothing is there.
  package static func isSame(_ one: String, _ other: String) -> Bool {
    if one == other { return true }
    guard let real = Files.resolved(one) else { return false }
    return real == Files.resolved(other)
  }
}
