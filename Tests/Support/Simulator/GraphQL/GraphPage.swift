// One page of a connection: bounds, cursors and counts as GitHub has them. Cursors name the key of
// a row, so that rows added or removed while a client pages do not shift what it sees.
import FoundationEssentials
import SymphonyCore

enum GraphPage {
  /// One page of `rows`, which are in order.
  ///
  /// `key` gives each row a number that grows along them, and `extra` holds further fields of the
  /// connection.
  static func connection<Row>(
    _ type: String, _ rows: [Row], _ question: GraphQuestion, key: ((Row) -> Int)? = nil,
    extra: [String: GraphAnswer] = [:], node: @escaping (Row) -> GraphAnswer
  ) throws(GraphRefusal) -> GraphAnswer {
    let (first, last) = (question.number("first"), question.number("last"))
    try check(first, last, question)
    let keys = key.map { rows.map($0) } ?? Array(rows.indices)
    let grows = (keys.last ?? 0) >= (keys.first ?? 0)
    var range = 0..<rows.count
    if let after = question.text("after") {
      let mark = try position(after)
      let start = keys.firstIndex { grows ? $0 > mark : $0 < mark } ?? rows.count
      range = start..<rows.count
    }
    if let before = question.text("before") {
      let mark = try position(before)
      let end = keys.firstIndex { grows ? $0 >= mark : $0 <= mark } ?? rows.count
      range = range.lowerBound..<max(range.lowerBound, end)
    }
    let all = range
    if let first { range = range.prefix(first) } else if let last { range = range.suffix(last) }
    if first == nil, last == nil { range = range.prefix(0) }
    let page = range
    var fields = extra
    fields["totalCount"] = .count(rows.count)
    fields["nodes"] = .list(rows[page].map(node))
    fields["pageInfo"] = .object(
      GraphObject(
        "PageInfo",
        fields: [
          "hasNextPage": .flag(page.upperBound < (last == nil ? rows.count : all.upperBound)),
          "hasPreviousPage": .flag(page.lowerBound > 0),
          "startCursor": .text(page.isEmpty ? nil : cursor(keys[page.lowerBound])),
          "endCursor": .text(page.isEmpty ? nil : cursor(keys[page.upperBound - 1])),
        ]))
    return .object(GraphObject(type, fields: fields))
  }

  private static func check(
    _ first: Int?, _ last: Int?, _ question: GraphQuestion
  ) throws(GraphRefusal) {
    let name = question.name
    if first == nil, last == nil, !question.wantsOnlyCount {
      throw GraphRefusal(
        "MISSING_PAGINATION_BOUNDARIES",
        "You must provide a `first` or `last` value to properly paginate the `\(name)` connection.")
    }
    if first != nil, last != nil {
      throw GraphRefusal(
        "INVALID_PAGINATION_BOUNDARIES",
        "Passing both `first` and `last` to paginate the `\(name)` connection is not supported.")
    }
    for (label, size) in [("first", first), ("last", last)] {
      guard let size else { continue }
      if size < 0 {
        throw GraphRefusal(
          "INVALID_PAGINATION_BOUNDARIES",
          "`\(label)` on the `\(name)` connection cannot be less than zero.")
      }
      if size > 100 {
        throw GraphRefusal(
          "EXCESSIVE_PAGINATION",
          "Requesting \(size) records on the `\(name)` connection exceeds the `\(label)` limit of "
            + "100 records.")
      }
    }
  }

  private static func cursor(_ key: Int) -> String {
    Data("cursor:v2:[\(key)]".utf8).base64EncodedString()
  }
  private static func position(_ cursor: String) throws(GraphRefusal) -> Int {
    let text = Data(base64Encoded: cursor).map { String(decoding: $0, as: UTF8.self) } ?? ""
    guard text.hasPrefix("cursor:v2:["), let key = Int(text.dropFirst(11).dropLast()) else {
      throw GraphRefusal(
        "INVALID_CURSOR_ARGUMENTS", "`\(cursor)` does not appear to be a valid cursor.")
    }
    return key
  }
}
