// Parks an item, whichever part decides that: the end of a run, the tracker's facts, a limit, a
// request, the answer to a delivery. Only here are its claim, the time that a person's answer is
// compared with, its labels, its verdict and the news of it settled.

extension Planning {
  /// `since`: on the tracker's clock, where what parks it happened before this look: a person may
  /// have answered it already.
  mutating func park(
    _ id: ItemID, _ reason: ParkingReason, _ sentence: String, since: Timestamp? = nil,
    ofAll: Bool? = nil
  ) {
    // The tracker's clock, because comments are compared with it. The fingerprint is read later,
    // after our own writes: what they set off must not look like a person's touch.
    let since = since ?? now + snapshot.survey.clockOffset
    var parking = Parking(reason: reason, sentence: sentence, since: since, fingerprint: nil)
    parking.ofAll = ofAll
    setClaim(id, .parked(parking), why: reason.rawValue)
    verdicts[id] = .rest(.parked(reason, sentence: sentence))
    label(id, parking)
  }

  /// Parks what an operator's stop ended; `rest`: what is left of its run.
  mutating func park(_ id: ItemID, by stop: StopOrder, _ rest: String = "") {
    park(id, .stoppedByOperator, stop.why + rest, ofAll: stop.ofAll)
  }

  /// Owes the labels of a parked item.
  ///
  /// Versions that parked by the answer to a delivery left that to the plan after it;
  /// reconciliation asks for those.
  mutating func label(_ id: ItemID, _ parking: Parking) {
    guard let record = items[id], !selection.labelsOn.park.isEmpty else { return }
    var labelled = parking
    labelled.owesLabels = true
    setClaim(id, .parked(labelled), why: "", silent: true)
    move(
      record, selection.labelsOn.park, "labels-park/\(id)/\(parking.since.milliseconds)",
      needsPullRequest: false)
  }
}
