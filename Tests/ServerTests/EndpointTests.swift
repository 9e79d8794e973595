// Which request reaches which endpoint, and that the table, the document and the answers agree.
import SymphonyCore
import SymphonyReport
import Testing

@testable import SymphonyServer

@Suite struct EndpointTests {
  private func found(_ method: String, _ target: String) -> (Endpoint.Kind, String)? {
    let request = ServedRequest(method: method, target: target)
    if case .endpoint(let endpoint, let part) = Endpoint.find(request) {
      return (endpoint.kind, part)
    }
    return nil
  }

  @Test func aNameMayHoldSlashesEncodedOrNot() {
    for target in [
      "/api/v1/work-items/acme%2Fapp%2342", "/api/v1/work-items/acme/app%2342",
      "/api/v1/work-items/acme/app%2342?x=1",
    ] {
      let one = found("GET", target)
      #expect(one?.0 == .workItem && one?.1 == "acme/app#42", "\(target)")
    }
    #expect(found("GET", "/api/v1/runs/acme_app_1-ab-r1/log")?.1 == "acme_app_1-ab-r1")
    #expect(found("HEAD", "/healthz")?.0 == .health && found("GET", "/")?.0 == .page)
    #expect(found("GET", "http://localhost:9097/healthz?x")?.0 == .health)
    #expect(found("GET", "https://localhost")?.0 == .page)
    for target in ["/api/v1/work-items", "/api/v1/work-items/", "/api/v1/runs/log", "/x", "/api"] {
      #expect(found("GET", target) == nil, "\(target)")
    }
  }

  @Test func anotherMethodIsNamed() {
    guard
      case .otherMethods(let methods) = Endpoint.find(.init(method: "GET", target: "/api/v1/stop"))
    else {
      Issue.record("GET is taken")
      return
    }
    #expect(methods == ["POST", "OPTIONS"])
  }

  @Test func damagedEscapesAreText() {
    let request = ServedRequest(method: "GET", target: "/a%2/b%zz/%C3%A9?q=a+b%21&q=c&&=&x")
    #expect(request.path == ["a%2", "b%zz", "é"])
    #expect(request.query["q"] == "a b!" && request.query["x"] == "")
  }

  @Test func everyKindHasOneRow() {
    let kinds = Endpoint.all.map(\.kind)
    #expect(Set(kinds).count == kinds.count && kinds.count == Endpoint.Kind.allCases.count)
    let paths = OpenAPI.document(version: "1")["paths"]?.objectValue ?? [:]
    let documented = paths.values.reduce(0) { $0 + ($1.objectValue?.count ?? 0) }
    #expect(documented == Endpoint.all.count)
  }

  @Test func thePageNamesNothingOutside() {
    for text in [Page.document, Page.style, Page.script] {
      #expect(!text.isEmpty && !text.contains("\u{FFFD}"))
      #expect(!text.contains("innerHTML") && !text.contains("eval("))
      let addresses = text.matches(of: #/https?:\/\/[a-z]/#)
      // The name space of SVG is an address that nobody asks for.
      #expect(addresses.count <= (text == Page.script ? 1 : 0))
    }
    #expect(!Page.document.contains("<style") && !Page.document.contains("onclick"))
  }
}
