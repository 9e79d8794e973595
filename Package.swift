// swift-tools-version: 6.2
import PackageDescription

// Every arrow points down: symphony -> the middle modules -> SymphonyCore (and SymphonyPlatform, the
// operating system without policy, and SymphonyRuns, what a run is on a machine). Each third-party
// product is imported by exactly one module.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  // As a debug build does by itself: the tests can then run what is deployed.
  .unsafeFlags(["-enable-testing"], .when(configuration: .release)),
]
// What tests test is optimised in a release build, they themselves are not: compiling them would
// take longer than they run.
let tests = strict + [.unsafeFlags(["-Onone"], .when(configuration: .release))]

// `make release` asks for one file that runs where no Swift is installed. SwiftPM's own
// --static-swift-stdlib compiles everything anew for it, in a way that tests cannot be built in; the
// linker alone can do it, and needs the parts of Foundation by name.
let deployed: [LinkerSetting] =
  Context.environment["SYMPHONY_STATIC"] == nil
  ? []
  : [
    .unsafeFlags([
      "-static-stdlib", "-lCoreFoundation", "-l_FoundationICU", "-l_FoundationCShims",
      "-l_FoundationCollections", "-lstdc++", "-Xlinker", "-s",
      // Nobody can order faults of it (Sources/CSymphonyPlatform/fault_stub.c).
      "-Xlinker", "--wrap=sy_fault_orders",
    ])
  ]

// `make fuzz` builds one program more, which only links beside libFuzzer.
let fuzzer: [Target] =
  Context.environment["SYMPHONY_FUZZ"] == nil
  ? []
  : [
    .executableTarget(
      name: "Fuzzer", dependencies: ["FuzzTargets", "SymphonyPlatform"], path: "Tests/Fuzzer",
      swiftSettings: strict + [.unsafeFlags(["-parse-as-library"])])
  ]

let package = Package(
  name: "symphony",
  products: [.executable(name: "symphony", targets: ["symphony"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
    .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
    .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
    .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
  ],
  targets: [
    // dlopen lies in a library of its own before glibc 2.34.
    .target(name: "CSymphonyPlatform", linkerSettings: [.linkedLibrary("dl")]),
    .target(name: "SymphonyCore", swiftSettings: strict),
    .target(
      name: "SymphonyPlatform",
      dependencies: ["CSymphonyPlatform"],
      swiftSettings: strict),
    .target(
      name: "SymphonyWorkflow",
      dependencies: ["SymphonyCore", .product(name: "Yams", package: "Yams")], swiftSettings: strict
    ),
    .target(
      name: "SymphonyStore",
      dependencies: [
        "SymphonyCore", "SymphonyPlatform", .product(name: "GRDB", package: "GRDB.swift"),
      ], swiftSettings: strict),
    .target(
      name: "SymphonyTrackers",
      dependencies: ["SymphonyCore", "SymphonyPlatform"], swiftSettings: strict),
    .target(name: "SymphonyAgents", dependencies: ["SymphonyCore"], swiftSettings: strict),
    // The page's files, embedded as they are.
    .target(
      name: "CSymphonyPage",
      exclude: [
        "page.html", "page.css", "words.js", "server.js", "list.js", "picture.js", "issue.js",
        "page.js",
      ],
      cSettings: [.unsafeFlags(["-Wno-c23-extensions"])]),
    .target(
      name: "SymphonyServer",
      dependencies: [
        "CSymphonyPage", "SymphonyCore", "SymphonyPlatform", "SymphonyReport",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
      ], swiftSettings: strict),
    .target(name: "SymphonyReport", dependencies: ["SymphonyCore"], swiftSettings: strict),
    .target(
      name: "SymphonyRuns", dependencies: ["SymphonyCore", "SymphonyPlatform"],
      swiftSettings: strict),
    .target(
      name: "SymphonyWorker", dependencies: ["SymphonyCore", "SymphonyPlatform", "SymphonyRuns"],
      swiftSettings: strict),
    .target(
      name: "SymphonyExecutors",
      dependencies: ["SymphonyCore", "SymphonyPlatform", "SymphonyRuns"], swiftSettings: strict),
    .target(
      name: "SymphonyTick", dependencies: ["SymphonyCore", "SymphonyPlatform"],
      swiftSettings: strict),
    .executableTarget(
      name: "symphony",
      dependencies: [
        "SymphonyCore", "SymphonyPlatform", "SymphonyTick", "SymphonyWorkflow", "SymphonyStore",
        "SymphonyTrackers", "SymphonyAgents", "SymphonyExecutors", "SymphonyWorker",
        "SymphonyReport", "SymphonyServer",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ], swiftSettings: strict, linkerSettings: deployed),
    .target(
      name: "SymphonyTestSupport",
      dependencies: [
        "SymphonyCore", "SymphonyPlatform", "SymphonyReport",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
      ], path: "Tests/Support", swiftSettings: tests,
      // openpty lies in a library of its own before glibc 2.34.
      linkerSettings: [.linkedLibrary("util")]),
    .testTarget(
      name: "PlatformTests", dependencies: ["SymphonyPlatform"], swiftSettings: tests),
    .testTarget(
      name: "CoreTests",
      dependencies: ["SymphonyCore", "SymphonyPlatform", "SymphonyTestSupport"],
      swiftSettings: tests),
    .testTarget(
      name: "WorkflowTests",
      dependencies: ["SymphonyWorkflow", "SymphonyCore", "SymphonyPlatform"],
      resources: [.copy("Fixtures")], swiftSettings: tests),
    .testTarget(
      name: "StoreTests",
      dependencies: [
        "SymphonyStore", "SymphonyCore", "SymphonyPlatform",
        .product(name: "GRDB", package: "GRDB.swift"),
      ],
      resources: [.copy("Fixtures")], swiftSettings: tests),
    .testTarget(
      name: "TrackerTests",
      dependencies: [
        "SymphonyTrackers", "SymphonyCore", "SymphonyPlatform", "SymphonyTestSupport",
      ], swiftSettings: tests),
    .testTarget(
      name: "AgentTests", dependencies: ["SymphonyAgents", "SymphonyCore"],
      resources: [.copy("Fixtures")], swiftSettings: tests),
    .testTarget(
      name: "ExecutorTests",
      dependencies: [
        "SymphonyExecutors", "SymphonyRuns", "SymphonyCore", "SymphonyPlatform",
        "SymphonyTestSupport",
      ], resources: [.copy("Fixtures")], swiftSettings: tests),
    .testTarget(
      name: "WorkerTests",
      dependencies: [
        "SymphonyWorker", "SymphonyRuns", "SymphonyAgents", "SymphonyCore", "SymphonyPlatform",
        "SymphonyTestSupport",
      ], swiftSettings: tests),
    .testTarget(
      name: "ReportTests", dependencies: ["SymphonyReport", "SymphonyCore", "SymphonyTestSupport"],
      swiftSettings: tests),
    .testTarget(
      name: "ServerTests",
      dependencies: [
        "SymphonyServer", "SymphonyReport", "SymphonyCore", "SymphonyPlatform",
        "SymphonyTestSupport",
      ], swiftSettings: tests),
    .testTarget(
      name: "TickTests",
      dependencies: ["SymphonyTick", "SymphonyCore", "SymphonyPlatform", "SymphonyTestSupport"],
      swiftSettings: tests),
    .testTarget(
      name: "SoakTests",
      dependencies: [
        "SymphonyTick", "SymphonyStore", "SymphonyCore", "SymphonyPlatform", "SymphonyTestSupport",
      ], swiftSettings: tests),
    .testTarget(
      name: "ScenarioTests",
      dependencies: [
        "symphony", "SymphonyCore", "SymphonyPlatform", "SymphonyReport", "SymphonyStore",
        "SymphonyTestSupport",
      ], swiftSettings: tests),
    .testTarget(
      name: "CommandTests",
      dependencies: [
        "symphony", "SymphonyTick", "SymphonyCore", "SymphonyPlatform", "SymphonyReport",
        "SymphonyTestSupport", "SymphonyWorkflow",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], swiftSettings: tests),
    .testTarget(
      name: "SimulatorTests",
      dependencies: ["SymphonyTestSupport", "SymphonyCore", "SymphonyPlatform"],
      swiftSettings: tests),
    .testTarget(name: "TidyTests", dependencies: ["SymphonyPlatform"], swiftSettings: tests),
    // Every reader of foreign bytes as a function; fixed seeds in FuzzTests, libFuzzer in Fuzzer.
    .target(
      name: "FuzzTargets",
      dependencies: [
        "SymphonyCore", "SymphonyPlatform", "SymphonyWorkflow", "SymphonyAgents",
        "SymphonyTrackers", "SymphonyRuns", "SymphonyWorker", "SymphonyReport", "SymphonyServer",
        "SymphonyTestSupport",
      ], path: "Tests/FuzzTargets", exclude: ["Seeds", "Found"], swiftSettings: tests),
    .testTarget(
      name: "FuzzTests",
      dependencies: [
        "FuzzTargets", "SymphonyTrackers", "SymphonyCore", "SymphonyPlatform",
        "SymphonyTestSupport",
      ], swiftSettings: tests),
  ] + fuzzer
)
