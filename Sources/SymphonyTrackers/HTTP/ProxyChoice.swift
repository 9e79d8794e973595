// Which proxy, if any, a URL goes through: the conventions of curl, because git beside us follows
// them too. CurlTransport asks once; libcurl is told the answer and looks at no variable
// by itself.

struct ProxyChoice: Hashable, Sendable {
  var host: String
  var port: Int
  /// `host:port`, as an address has it.
  var address: String { (host.contains(":") ? "[\(host)]" : host) + ":\(port)" }
  /// `name:password` for Proxy-Authorization: Basic.
  var user: String?
  /// The environment variable that named it.
  var variable: String

  /// The proxy for a URL; nil: connect directly.
  ///
  /// `https_proxy`/`HTTPS_PROXY` for https, `http_proxy` (lower case only, as curl does) for http,
  /// then `all_proxy`/`ALL_PROXY`; `no_proxy`/`NO_PROXY` wins.
  static func make(url: String, environment: [String: String]) -> ProxyChoice? {
    guard let target = WebAddress(url) else { return nil }
    let names =
      (target.scheme == "https" ? ["https_proxy", "HTTPS_PROXY"] : ["http_proxy"])
      + ["all_proxy", "ALL_PROXY"]
    guard let (variable, text) = first(names, environment), !isExempt(target, environment),
      let proxy = WebAddress(text.contains("://") ? text : "http://" + text)
    else { return nil }
    return ProxyChoice(
      host: proxy.host, port: proxy.port ?? 1080, user: proxy.user.map(WebAddress.decode),
      variable: variable)
  }

  private static func isExempt(_ target: WebAddress, _ environment: [String: String]) -> Bool {
    guard let (_, list) = first(["no_proxy", "NO_PROXY"], environment) else { return false }
    return list.split { $0 == "," || $0 == " " }.contains { entry in
      if entry == "*" { return true }
      var name = entry.lowercased()[...]
      if let colon = name.lastIndex(of: ":"), let port = Int(name[name.index(after: colon)...]),
        !name[..<colon].contains(":")
      {
        guard port == target.effectivePort else { return false }
        name = name[..<colon]
      }
      if name.first == "." { name = name.dropFirst() }
      return target.host == name || target.host.hasSuffix("." + name)
    }
  }

  private static func first(_ names: [String], _ environment: [String: String])
    -> (name: String, value: String)?
  {
    names.lazy.compactMap { name in environment[name].map { (name, $0) } }
      .first { !$0.1.isEmpty }
  }
}
