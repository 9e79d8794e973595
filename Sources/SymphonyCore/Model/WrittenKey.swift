// The name that a person wrote for an item, taken apart, and the test whether an item has it.
// Commands that read rows, and `why`, which asks the tracker, all test here, so that a number means
// the same to each of them. Parses no text itself.

/// `42` or a file's stem, with or without the repository and the host that were written with it.
package struct WrittenKey: Hashable, Sendable {
  /// Nil: any.
  package var repository: RepositoryName?
  /// `42`, or a stem.
  package var reference: String
  /// Of an address, `github.com`; nil: it was no address.
  package var host: String?

  package init(repository: RepositoryName?, reference: String, host: String? = nil) {
    (self.repository, self.reference, self.host) = (repository, reference, host)
  }

  /// Whether an item with that key is meant.
  ///
  /// `home`: its repository; nil: it is not known. `url`: its page, or a path.
  package func names(_ key: ItemKey, _ home: RepositoryName?, url: String) -> Bool {
    guard key.reference.lowercased() == reference.lowercased(),
      repository.map({ wanted in home.map(wanted.matches) ?? false }) ?? true
    else { return false }
    guard let host, url.hasPrefix("http") else { return true }
    return url.split(separator: "/").dropFirst().first?.lowercased() == host
  }

  package func names(_ record: ItemRecord) -> Bool {
    names(record.key, record.repository, url: record.url)
  }

  package func names(_ item: WorkItem) -> Bool { names(item.key, item.repository, url: item.url) }
}
