// An agent's answers to feedback, as it wrote them: JSON of a few forms, each answer by itself, so
// that one which cannot be used hides no other. Called by RepliesFile with the bytes of the file;
// decides nothing about the pieces.
import FoundationEssentials
import SymphonyCore

struct HeardReplies {
  /// By the number of the piece; the last answer to it counts.
  private(set) var answers: [Int: PieceAnswer] = [:]
  /// A sentence about each thing that could not be used.
  private(set) var remarks: [String] = []

  /// `masking`: takes secrets out of a text.
  init(_ bytes: [UInt8], asked: [Int], masking: (String) -> String) {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      refuse("it is not UTF-8 text")
      return
    }
    guard let written = try? JSONDecoder().decode(WrittenReplies.self, from: Data(text.utf8))
    else {
      refuse("it is no JSON list of answers")
      return
    }
    var strange: [String] = []
    for reply in written.replies {
      guard let number = reply.number, asked.contains(number) else {
        strange.append(reply.number.map(String.init) ?? "none")
        continue
      }
      guard let outcome = reply.outcome.flatMap(Self.outcome) else {
        let word = PlainText.line(PlainText.beginning(masking(reply.outcome ?? ""), scalars: 40))
        remarks.append(
          "the agent's answer to piece \(number) is not heard: its outcome is `\(word)`, and not "
            + "fixed, declined or question")
        continue
      }
      // Before it is cut: half a token is not known for one.
      answers[number] = PieceAnswer(outcome, masking(reply.text))
    }
    if !strange.isEmpty {
      remarks.append(
        "\(strange.count) of the agent's answers have the number of no piece: "
          + strange.prefix(5).joined(separator: ", "))
    }
    if written.strays > 0 {
      remarks.append("\(written.strays) of the agent's answers are no objects")
    }
  }

  private mutating func refuse(_ why: String) {
    remarks = ["the agent's answers to the feedback are not heard: \(why)"]
  }

  /// One that an agent may give itself.
  private static func outcome(_ word: String) -> PieceAnswer.Outcome? {
    switch PieceAnswer.Outcome(rawValue: word.trimmingWhitespace().lowercased()) {
    case .fixed?: .fixed
    case .declined?: .declined
    case .question?: .question
    case .told?, .unanswered?, nil: nil
    }
  }
}

/// The file's content as agents write it: a list, or an object that holds one.
///
/// Only what is asked for is decoded, so that nothing in it can be deep.
private struct WrittenReplies: Decodable {
  struct Reply: Decodable {
    var number: Int?
    var outcome: String?
    var text = ""

    private enum CodingKeys: String, CodingKey {
      case number = "n"
      case outcome, text
    }

    init(from decoder: any Decoder) throws {
      let file = try decoder.container(keyedBy: CodingKeys.self)
      number = try? file.decode(Int.self, forKey: .number)
      // Some write every value as a text.
      if number == nil, let text = try? file.decode(String.self, forKey: .number) {
        number = Int(text)
      }
      outcome = try? file.decode(String.self, forKey: .outcome)
      text = (try? file.decode(String.self, forKey: .text)) ?? ""
    }
  }
  private struct Element: Decodable {
    var reply: Reply?
    init(from decoder: any Decoder) throws { reply = try? Reply(from: decoder) }
  }
  private enum CodingKeys: String, CodingKey { case replies }

  var replies: [Reply]
  /// Elements that are something else.
  var strays: Int

  init(from decoder: any Decoder) throws {
    let elements: [Element]
    if let file = try? decoder.container(keyedBy: CodingKeys.self) {
      elements = try file.decode([Element].self, forKey: .replies)
    } else {
      elements = try decoder.singleValueContainer().decode([Element].self)
    }
    replies = elements.compactMap(\.reply)
    strays = elements.count - replies.count
  }
}
