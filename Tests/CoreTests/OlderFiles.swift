// result.json and progress.json as workers wrote them before a failure was one value, word for word
// from runs of that program. OlderFileTests reads them: a run that began before an update ends
// after it.

enum OlderFiles {
  static let limited = #"""
    {"baseBranch":"main","code":"agent_limited","commitsAhead":0,\#
    "endedAt":1795896718720,"failure":"limited",\#
    "head":"e20160ba28a743fff46ba562b6408e7707520b9d","limitedUntil":1795914314000,\#
    "madeProgress":false,"message":"full","nonce":"3c716484ffe57d05a2f6f89f05a0895f",\#
    "outcome":"failed","passedFence":true,"push":{"nothing":{}},"removed":false,\#
    "runID":"local_repo_1-835a29ff-50923c-r1","startedAt":1795896717420,\#
    "summary":"the agent's account is at its limit until 2026-11-29T01:05:14Z: full",\#
    "turns":1,"usage":{"cachedInputTokens":0,"costUSD":0,"inputTokens":0,\#
    "outputTokens":0},"wantsContinuation":false}
    """#

  static let limitedWithoutReset = #"""
    {"baseBranch":"main","code":"agent_limited","commitsAhead":0,\#
    "endedAt":1795896734322,"failure":"limited",\#
    "head":"6f16a5dc86e82176b815957f23f74a9c309c6fea","madeProgress":false,\#
    "message":"full","nonce":"2aa898ff345a5aa95577de22e737efad","outcome":"failed",\#
    "passedFence":true,"push":{"nothing":{}},"removed":false,\#
    "runID":"local_repo_1-835a29ff-de4121-r1","startedAt":1795896733036,\#
    "summary":"the agent's account is at its limit: full","turns":1,\#
    "usage":{"cachedInputTokens":0,"costUSD":0,"inputTokens":0,"outputTokens":0},\#
    "wantsContinuation":false}
    """#

  static let transient = #"""
    {"baseBranch":"main","code":"agent_failed","commitsAhead":0,"endedAt":1795896735008,\#
    "failure":"transient","head":"34dba6305e7c7ef50b917a75e8770758aeeb80e4",\#
    "madeProgress":false,"message":"it is transient",\#
    "nonce":"b498cb9a97715157416aadab5b1afd48","outcome":"failed","passedFence":true,\#
    "push":{"nothing":{}},"removed":false,"runID":"local_repo_1-835a29ff-db6d2a-r1",\#
    "startedAt":1795896733756,"summary":"the agent failed in turn 1: it is transient",\#
    "turns":1,"usage":{"cachedInputTokens":0,"costUSD":0,"inputTokens":0,\#
    "outputTokens":0},"wantsContinuation":false}
    """#

  static let operatorHasToAct = #"""
    {"baseBranch":"main","code":"agent_failed","commitsAhead":0,"endedAt":1795896735845,\#
    "failure":"operator","head":"686b8473357340a8d2b26558b44c734b612042f2",\#
    "madeProgress":false,"message":"it is operator",\#
    "nonce":"9bd59c617e0d09d2a2d936b5ce0f78ab","outcome":"failed","passedFence":true,\#
    "push":{"nothing":{}},"removed":false,"runID":"local_repo_1-835a29ff-2a07bf-r1",\#
    "startedAt":1795896734498,"summary":"the agent failed in turn 1: it is operator",\#
    "turns":1,"usage":{"cachedInputTokens":0,"costUSD":0,"inputTokens":0,\#
    "outputTokens":0},"wantsContinuation":false}
    """#

  static let ownBudget = #"""
    {"baseBranch":"main","code":"agent_failed","commitsAhead":0,"endedAt":1795896736753,\#
    "failure":"budget","head":"af8c8605f6a6613a979b467d1ac56f0812b8b1c9",\#
    "madeProgress":false,"message":"it is budget",\#
    "nonce":"869277573efb693789bcf915fb4043a0","outcome":"failed","passedFence":true,\#
    "push":{"nothing":{}},"removed":false,"runID":"local_repo_1-835a29ff-f9e565-r1",\#
    "startedAt":1795896735324,"summary":"the agent failed in turn 1: it is budget",\#
    "turns":1,"usage":{"cachedInputTokens":0,"costUSD":0,"inputTokens":0,\#
    "outputTokens":0},"wantsContinuation":false}
    """#

  static let contextOverflow = #"""
    {"baseBranch":"main","code":"agent_failed","commitsAhead":0,"endedAt":1795896737378,\#
    "failure":"context_overflow","head":"0a25a225b5ece3d68f3d8588e67233902570637c",\#
    "madeProgress":false,"message":"it is context_overflow",\#
    "nonce":"69c7da8c05bbb6daaa372a0da0ba35ce","outcome":"failed","passedFence":true,\#
    "push":{"nothing":{}},"removed":false,"runID":"local_repo_1-835a29ff-ad6b50-r1",\#
    "startedAt":1795896735956,\#
    "summary":"the agent failed in turn 1: it is context_overflow","turns":1,\#
    "usage":{"cachedInputTokens":0,"costUSD":0,"inputTokens":0,"outputTokens":0},\#
    "wantsContinuation":false}
    """#

  static let misconfigured = #"""
    {"baseBranch":"main","code":"agent_failed","commitsAhead":0,"endedAt":1795896738068,\#
    "failure":"misconfigured","head":"4baa9a96c1e9c6df351cadb8e9ac3644b2744851",\#
    "madeProgress":false,"message":"it is misconfigured",\#
    "nonce":"a911c40b295a9e22028c1fa3fb5e3936","outcome":"failed","passedFence":true,\#
    "push":{"nothing":{}},"removed":false,"runID":"local_repo_1-835a29ff-0047aa-r1",\#
    "startedAt":1795896736697,\#
    "summary":"the agent failed in turn 1: it is misconfigured","turns":1,\#
    "usage":{"cachedInputTokens":0,"costUSD":0,"inputTokens":0,"outputTokens":0},\#
    "wantsContinuation":false}
    """#

  static let agentFailed = #"""
    {"baseBranch":"main","code":"agent_failed","commitsAhead":0,"endedAt":1795896738796,\#
    "failure":"agent","head":"19dc4ff04346f5adaaba98c3eef7180a27bb04b7",\#
    "madeProgress":false,"message":"it is agent",\#
    "nonce":"0ed0e9f04df4c74cc3b33ecc15fe95fe","outcome":"failed","passedFence":true,\#
    "push":{"nothing":{}},"removed":false,"runID":"local_repo_1-835a29ff-9d84f3-r1",\#
    "startedAt":1795896737480,"summary":"the agent failed in turn 1: it is agent",\#
    "turns":1,"usage":{"cachedInputTokens":0,"costUSD":0,"inputTokens":0,\#
    "outputTokens":0},"wantsContinuation":false}
    """#

  static let succeeded = #"""
    {"baseBranch":"main","code":"","commitsAhead":1,"endedAt":1795896740465,\#
    "head":"0f187b707cb1bd904e0c660322416bb9398e95d2","madeProgress":true,\#
    "message":"done","nonce":"3bd55594ac8174d0ab80d08dc0669e00","outcome":"succeeded",\#
    "passedFence":true,\#
    "push":{"pushed":{"head":"0f187b707cb1bd904e0c660322416bb9398e95d2"}},\#
    "removed":false,"runID":"local_repo_1-835a29ff-a68500-r1","startedAt":1795896738322,\#
    "summary":"finished in 1 turn(s)","turns":1,"usage":{"cachedInputTokens":0,\#
    "costUSD":0,"inputTokens":0,"outputTokens":0},"wantsContinuation":false}
    """#

  static let itemBudget = #"""
    {"baseBranch":"main","budget":"item","code":"item_budget_exhausted",\#
    "commitsAhead":0,"endedAt":1795896742662,"failure":"budget",\#
    "head":"fdea8e4924da219ecd78feaffbe6f7b8437c734b","madeProgress":false,"message":"",\#
    "nonce":"667be5c8acf423e403b47e16b462c615","outcome":"failed","passedFence":true,\#
    "push":{"nothing":{}},"removed":false,"runID":"local_repo_1-835a29ff-18938e-r1",\#
    "session":{"agent":"command","counted":{},"id":"s-1"},"startedAt":1795896739076,\#
    "summary":"the run spent $0.50 and 0 tokens: that is what was left of its item's lim\#
    its on money or tokens",\#
    "turnUsage":[{"model":"m","turn":1,"usage":{"cachedInputTokens":0,"costUSD":0.5,\#
    "inputTokens":0,"outputTokens":0}}],"turns":1,"usage":{"cachedInputTokens":0,\#
    "costUSD":0.5,"inputTokens":0,"outputTokens":0},"wantsContinuation":false}
    """#

  static let dayBudget = #"""
    {"baseBranch":"main","budget":"day","code":"day_budget_exhausted","commitsAhead":0,\#
    "endedAt":1795896743447,"failure":"budget",\#
    "head":"d0e9ee2b1abd1d3a35ffdaaa4527245a3fcda5b1","madeProgress":false,"message":"",\#
    "nonce":"936d2690f33ff1f128320edf9380cf25","outcome":"failed","passedFence":true,\#
    "push":{"nothing":{}},"removed":false,"runID":"local_repo_1-835a29ff-10c3c2-r1",\#
    "startedAt":1795896739824,\#
    "summary":"the run spent $0.50 and 0 tokens: that is its share of what was left of a\#
    gent.max_cost_usd_per_day",\#
    "turnUsage":[{"model":"","turn":1,"usage":{"cachedInputTokens":0,"costUSD":0.5,\#
    "inputTokens":0,"outputTokens":0}}],"turns":1,"usage":{"cachedInputTokens":0,\#
    "costUSD":0.5,"inputTokens":0,"outputTokens":0},"wantsContinuation":false}
    """#

  static let runBudget = #"""
    {"baseBranch":"main","budget":"run","code":"run_budget_exhausted","commitsAhead":0,\#
    "endedAt":1795896743876,"failure":"budget",\#
    "head":"9feb652e1af14f113cdb5c809ab205da7e199c6d","madeProgress":false,"message":"",\#
    "nonce":"6f3b143ac00a3ba73d3acf23ef4e3b4b","outcome":"failed","passedFence":true,\#
    "push":{"nothing":{}},"removed":false,"runID":"local_repo_1-835a29ff-c0c5b9-r1",\#
    "startedAt":1795896740531,\#
    "summary":"the run spent $0.50 and 0 tokens: that is agent.max_cost_usd_per_run",\#
    "turnUsage":[{"model":"","turn":1,"usage":{"cachedInputTokens":0,"costUSD":0.5,\#
    "inputTokens":0,"outputTokens":0}}],"turns":1,"usage":{"cachedInputTokens":0,\#
    "costUSD":0.5,"inputTokens":0,"outputTokens":0},"wantsContinuation":false}
    """#

  static let hookFailed = #"""
    {"baseBranch":"main","code":"hook_failed","commitsAhead":0,"endedAt":1795896743955,\#
    "head":"555aeae07094f95ff8ab708888c0e7bff9bd0b38","madeProgress":false,"message":"",\#
    "nonce":"564ab6de0081fe1b0d5de6e7f79805a2","outcome":"failed","passedFence":true,\#
    "push":{"nothing":{}},"removed":false,"runID":"local_repo_1-835a29ff-9b07a6-r1",\#
    "startedAt":1795896742952,"summary":"hook before_run ended with exit status 3",\#
    "turns":0,"usage":{"cachedInputTokens":0,"costUSD":0,"inputTokens":0,\#
    "outputTokens":0},"wantsContinuation":false}
    """#

  static let limitedProgress = #"""
    {"accountIsLimited":true,"lastEvent":"full","limitedUntil":1795914314000,\#
    "nonce":"3c716484ffe57d05a2f6f89f05a0895f","phase":"finishing",\#
    "phaseDeadlineMonotonic":25730180,"phaseSince":1795896718660,"turn":1,\#
    "usage":{"cachedInputTokens":0,"costUSD":0,"inputTokens":0,"outputTokens":0}}
    """#

  static let limitedProgressWithoutReset = #"""
    {"accountIsLimited":true,"lastEvent":"full",\#
    "nonce":"2aa898ff345a5aa95577de22e737efad","phase":"finishing",\#
    "phaseDeadlineMonotonic":25745776,"phaseSince":1795896734256,"turn":1,\#
    "usage":{"cachedInputTokens":0,"costUSD":0,"inputTokens":0,"outputTokens":0}}
    """#

  static let servedProgress = #"""
    {"lastEvent":"hi","nonce":"667be5c8acf423e403b47e16b462c615","phase":"finishing",\#
    "phaseDeadlineMonotonic":25754078,"phaseSince":1795896742559,\#
    "session":{"agent":"command","counted":{},"id":"s-1"},"turn":1,\#
    "turnUsage":[{"model":"m","turn":1,"usage":{"cachedInputTokens":0,"costUSD":0.5,\#
    "inputTokens":0,"outputTokens":0}}],"usage":{"cachedInputTokens":0,"costUSD":0.5,\#
    "inputTokens":0,"outputTokens":0}}
    """#
}
