// One metric with its samples, and how Prometheus reads it: the text format, version 0.0.4
// (prometheus.io/docs/instrumenting/exposition_formats). Knows nothing of symphony.

package struct MetricFamily: Hashable, Sendable {
  package enum Kind: String, Sendable { case gauge, counter, histogram, summary }
  package struct Sample: Hashable, Sendable {
    /// Behind the metric's name: `_bucket`, `_sum`, `_count`; else empty.
    package var suffix: String
    package var labels: [(name: String, value: String)]
    package var value: Double
    package static func == (left: Sample, right: Sample) -> Bool {
      left.suffix == right.suffix && left.value == right.value
        && left.labels.map(\.name) == right.labels.map(\.name)
        && left.labels.map(\.value) == right.labels.map(\.value)
    }
    package func hash(into hasher: inout Hasher) {
      hasher.combine(suffix)
      hasher.combine(value)
      for label in labels { hasher.combine(label.value) }
    }
  }
  package let name: String
  package let help: String
  package let kind: Kind
  package private(set) var samples: [Sample] = []

  package init(_ name: String, _ kind: Kind, _ help: String) {
    (self.name, self.kind, self.help) = (name, kind, help)
  }

  package mutating func add(_ value: Double, _ labels: (name: String, value: String)...) {
    samples.append(Sample(suffix: "", labels: labels, value: value))
  }

  /// A histogram's samples.
  ///
  /// `counts`: how many fell between each bound and the one before, and beyond the last.
  package mutating func add(bounds: [String], counts: [Int64], sum: Double) {
    var total: Int64 = 0
    for (bound, count) in zip(bounds + ["+Inf"], counts) {
      total += count
      samples.append(
        Sample(suffix: "_bucket", labels: [(name: "le", value: bound)], value: Double(total)))
    }
    add(sum: sum, count: total)
  }

  /// A summary's samples, without quantiles.
  package mutating func add(sum: Double, count: Int64) {
    samples.append(Sample(suffix: "_sum", labels: [], value: sum))
    samples.append(Sample(suffix: "_count", labels: [], value: Double(count)))
  }

  /// The lines of this metric; empty where it has no sample.
  package var text: String {
    if samples.isEmpty { return "" }
    var lines = [
      "# HELP \(name) \(Self.escaped(help, quotes: false))", "# TYPE \(name) \(kind.rawValue)",
    ]
    for sample in samples {
      let labels = sample.labels.map { "\($0.name)=\"\(Self.escaped($0.value, quotes: true))\"" }
      let list = labels.isEmpty ? "" : "{\(labels.joined(separator: ","))}"
      lines.append("\(name)\(sample.suffix)\(list) \(Self.number(sample.value))")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func escaped(_ text: String, quotes: Bool) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": escaped += "\\\\"
      case "\n": escaped += "\\n"
      case "\"" where quotes: escaped += "\\\""
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }

  /// Whole numbers without a fraction, as far as a double holds them exactly.
  private static func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
    if value == value.rounded(), value.magnitude < 9_007_199_254_740_992 {
      return String(Int64(value))
    }
    return "\(value)"
  }
}
