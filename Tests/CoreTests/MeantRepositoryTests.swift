// What somebody meant who wrote something else where `owner/name` goes.
import SymphonyCore
import Testing

@Suite struct MeantRepositoryTests {
  @Test(arguments: [
    "https://github.com/acme/app", "http://github.com/acme/app.git", "github.com/acme/app",
    "git@github.com:acme/app.git", "ssh://git@github.com/acme/app.git", "acme/app/",
    "https://github.com/acme/app/issues/42?q=1", "acme/app/tree/main", " acme/app ",
    "https://ghe.example.com:8443/acme/app#readme", "www.github.com/acme/app",
  ])
  func anAddressHasOneInIt(_ text: String) {
    #expect(RepositoryName.meant(by: text) == RepositoryName(owner: "acme", name: "app"))
    #expect(RepositoryName.hint(for: text) == "did you mean `acme/app`?")
  }

  @Test(arguments: [
    "", "acme", "https://github.com", "https://github.com/acme", "/", "acme/../app", "a b/c",
    "\u{1B}[31m/x", String(repeating: "x", count: 200) + "/y",
  ])
  func nobodyCanTell(_ text: String) {
    #expect(RepositoryName.meant(by: text) == nil)
    #expect(RepositoryName.hint(for: text) == "write owner/name, as in `acme/app`")
  }
}
