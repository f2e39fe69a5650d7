// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

/// Of the levels below which events are compiled out the most restrictive one that is enabled wins.
let maxLogLevels: Set<Package.Dependency.Trait> = [
    .trait(name: "MaxLogLevelDebug", condition: .when(traits: ["MaxTraceLevelDebug"])),
    .trait(name: "MaxLogLevelInfo", condition: .when(traits: ["MaxTraceLevelInfo"])),
    .trait(name: "MaxLogLevelNotice", condition: .when(traits: ["MaxTraceLevelNotice"])),
    .trait(name: "MaxLogLevelWarning", condition: .when(traits: ["MaxTraceLevelWarning"])),
    .trait(name: "MaxLogLevelError", condition: .when(traits: ["MaxTraceLevelError"])),
    .trait(name: "MaxLogLevelCritical", condition: .when(traits: ["MaxTraceLevelCritical"])),
    .trait(name: "MaxLogLevelNone", condition: .when(traits: ["MaxTraceLevelNone"])),
]

let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
]

let package = Package(
    name: "swift-raft",
    products: [
        .library(name: "RaftMembership", targets: ["RaftMembership"]),
        .library(name: "RaftTracing", targets: ["RaftTracing"]),
        .library(name: "RaftTracingSpans", targets: ["RaftTracingSpans"]),
        .library(name: "RaftTracingJournald", targets: ["RaftTracingJournald"]),
        .library(name: "RaftCore", targets: ["RaftCore"]),
        .library(name: "RaftMetricsExport", targets: ["RaftMetricsExport"]),
        .library(name: "RaftMemory", targets: ["RaftMemory"]),
        .library(name: "RaftStorageLMDB", targets: ["RaftStorageLMDB"]),
        .library(name: "RaftTransportUnix", targets: ["RaftTransportUnix"]),
        .library(name: "RaftClient", targets: ["RaftClient"]),
        .library(name: "RaftNode", targets: ["RaftNode"]),
        .library(name: "RaftKeyValue", targets: ["RaftKeyValue"]),
        .executable(name: "raftd", targets: ["raftd"]),
        .executable(name: "raftctl", targets: ["raftctl"]),
        .executable(name: "raft-bench", targets: ["raft-bench"]),
        .library(name: "RaftTesting", targets: ["RaftTesting"]),
        .library(name: "RaftCrashRecorder", targets: ["RaftCrashRecorder"]),
        .executable(name: "raft-sim", targets: ["raft-sim"]),
        .executable(name: "raft-check", targets: ["raft-check"]),
    ],
    traits: [
        .trait(name: "Journald", description: "Write records to journald natively; needs libsystemd."),
        .trait(
            name: "TestBuild",
            description:
                "Compiles in the switches that break one rule each, and checks invariants. Never to run data on."),
        .default(enabledTraits: ["Journald"]),
        .trait(name: "MaxTraceLevelDebug", description: "Compiles out events, and swift-log's records, below debug."),
        .trait(name: "MaxTraceLevelInfo", description: "Compiles out events, and swift-log's records, below info."),
        .trait(name: "MaxTraceLevelNotice", description: "Compiles out events, and swift-log's records, below notice."),
        .trait(
            name: "MaxTraceLevelWarning", description: "Compiles out events, and swift-log's records, below warning."),
        .trait(name: "MaxTraceLevelError", description: "Compiles out events, and swift-log's records, below error."),
        .trait(
            name: "MaxTraceLevelCritical", description: "Compiles out events, and swift-log's records, below critical."),
        .trait(name: "MaxTraceLevelNone", description: "Compiles out all events, and swift-log's records."),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0", traits: maxLogLevels),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: ["YAML"]),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
    ],
    targets: [
        // System libraries and C.
        .systemLibrary(name: "CLMDB", pkgConfig: "lmdb", providers: [.apt(["liblmdb-dev"])]),
        .systemLibrary(name: "CSystemd", pkgConfig: "libsystemd", providers: [.apt(["libsystemd-dev"])]),
        .target(name: "CRaftChecksum"),
        .target(name: "CRaftCrashRecorder"),

        // Leaves.
        .target(name: "RaftMembership", swiftSettings: settings),
        .target(name: "RaftThreads", swiftSettings: settings),
        .target(
            name: "RaftTracing",
            dependencies: [
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ],
            swiftSettings: settings),
        .target(
            name: "RaftTracingSpans",
            dependencies: [
                "RaftTracing", "RaftThreads", .product(name: "Tracing", package: "swift-distributed-tracing"),
            ],
            swiftSettings: settings),
        .target(
            name: "RaftTracingJournald",
            dependencies: [
                "RaftTracing", "RaftThreads",
                .target(name: "CSystemd", condition: .when(traits: ["Journald"])),
            ],
            swiftSettings: settings),

        // Consensus.
        .target(
            name: "RaftCore",
            dependencies: ["RaftMembership", "RaftTracing", "CRaftChecksum"],
            swiftSettings: settings),

        // What nodes publish: for embedders of `Raft` too, who pay for it only when they link it.
        .target(
            name: "RaftMetricsExport",
            dependencies: ["RaftCore", "RaftMembership", .product(name: "CoreMetrics", package: "swift-metrics")],
            swiftSettings: settings),

        // One module per choice; none imports another.
        .target(
            name: "RaftMemory",
            dependencies: ["RaftCore", "RaftMembership", "RaftTracing", "RaftThreads"],
            swiftSettings: settings),
        .target(
            name: "RaftStorageLMDB",
            dependencies: ["RaftCore", "RaftMembership", "RaftTracing", "CRaftChecksum", "CLMDB"],
            swiftSettings: settings),
        .target(
            name: "RaftTransportUnix",
            dependencies: ["RaftCore", "RaftMembership", "RaftTracing", "RaftThreads", "CRaftChecksum"] + nio,
            swiftSettings: settings),
        .target(
            name: "RaftKeyValue",
            dependencies: ["RaftCore", "RaftMembership"],
            path: "Plugins/KeyValue",
            swiftSettings: settings),
        .target(
            name: "RaftClient",
            dependencies: ["RaftCore", "RaftMembership", "RaftTracing", "CRaftChecksum"] + nio,
            swiftSettings: settings),

        // Composition root and programs.
        .target(
            name: "RaftNode",
            dependencies: [
                "RaftCore", "RaftMembership", "RaftTracing", "RaftTracingJournald", "RaftTracingSpans", "RaftMemory",
                "RaftStorageLMDB", "RaftTransportUnix", "RaftClient", "RaftKeyValue", "RaftMetricsExport",
                "RaftThreads",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Yams", package: "Yams"),
            ] + nio,
            swiftSettings: settings),
        .executableTarget(
            name: "raftd",
            dependencies: [
                "RaftNode", "RaftTracing",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "raftctl",
            dependencies: [
                "RaftClient", "RaftKeyValue", "RaftCore", "RaftMembership", "RaftTracing", "RaftTracingSpans",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "raft-bench",
            dependencies: [
                "RaftCore", "RaftMembership", "RaftMemory", "RaftStorageLMDB", "RaftTransportUnix", "RaftClient",
                "RaftKeyValue", "RaftTracing", "RaftThreads",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ] + nio,
            swiftSettings: settings),

        // Simulation, checkers and conformance suites, for this package's tests and for users.
        .target(
            name: "RaftTesting",
            dependencies: ["RaftCore", "RaftMembership", "RaftTracing", "RaftMemory", "CRaftChecksum"],
            swiftSettings: settings),
        // For test executables alone: it stands before libc.
        .target(
            name: "RaftCrashRecorder",
            dependencies: ["RaftTesting", "CRaftCrashRecorder"],
            swiftSettings: settings),
        .executableTarget(
            name: "raft-sim",
            dependencies: [
                "RaftTesting", "RaftCore", .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "raft-check",
            dependencies: [
                "RaftTesting", "RaftCore", .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings),

        // Tests.
        .testTarget(name: "RaftMembershipTests", dependencies: ["RaftMembership"], swiftSettings: settings),
        // The README's example, built with everything else.
        .executableTarget(
            name: "CounterExample",
            dependencies: ["RaftCore", "RaftStorageLMDB", "RaftTransportUnix"],
            path: "Examples/Counter"),

        .testTarget(name: "RaftThreadsTests", dependencies: ["RaftThreads"], swiftSettings: settings),
        .testTarget(
            name: "RaftTracingTests",
            dependencies: [
                "RaftTracing", "RaftTracingJournald", "RaftTracingSpans", "RaftThreads",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "RaftStorageLMDBTests",
            dependencies: [
                "RaftStorageLMDB", "RaftCore", "RaftMembership", "RaftTracing", "RaftTesting", "RaftCrashRecorder",
                "CRaftChecksum",
            ],
            swiftSettings: settings),
        .testTarget(
            name: "RaftCoreTests",
            dependencies: [
                "RaftCore", "RaftMembership", "RaftMemory", "RaftTracing", "RaftTracingSpans", "CRaftChecksum",
            ],
            swiftSettings: settings),
        .testTarget(
            name: "RaftTestingTests",
            dependencies: [
                "RaftTesting", "RaftCrashRecorder", "RaftCore", "RaftMembership", "RaftMemory", "RaftTracing",
            ],
            exclude: ["Data"],
            swiftSettings: settings),
        .testTarget(
            name: "RaftMemoryTests",
            dependencies: [
                "RaftMemory", "RaftCore", "RaftMembership", "RaftTracing", "RaftTracingSpans",
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "RaftKeyValueTests",
            dependencies: ["RaftKeyValue", "RaftCore", "RaftMembership", "RaftTesting"],
            swiftSettings: settings),
        .testTarget(
            name: "RaftNodeTests",
            dependencies: [
                "RaftNode", "RaftCore", "RaftMembership", "RaftTracing", "RaftKeyValue", "RaftStorageLMDB",
                "RaftThreads", "RaftClient", "RaftTransportUnix", "RaftMemory", "RaftMetricsExport",
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "MetricsTestKit", package: "swift-metrics"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "IntegrationTests",
            dependencies: [
                "RaftClient", "RaftCore", "RaftMembership", "RaftKeyValue", "RaftTesting", "RaftStorageLMDB",
                "RaftTransportUnix",
            ],
            exclude: ["Faults"],
            swiftSettings: settings),
        .testTarget(
            name: "RaftTransportUnixTests",
            dependencies: [
                "RaftTransportUnix", "RaftCore", "RaftMembership", "RaftTracing", "RaftThreads", "RaftTesting",
            ] + nio,
            exclude: ["Golden"],
            swiftSettings: settings),
        .testTarget(
            name: "RaftClientTests",
            dependencies: [
                "RaftClient", "RaftNode", "RaftTransportUnix", "RaftCore", "RaftMembership", "RaftTracing",
                "RaftTracingSpans", "RaftKeyValue", "RaftMetricsExport", "CRaftChecksum", "raftctl",
                .product(name: "Tracing", package: "swift-distributed-tracing"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ] + nio,
            exclude: ["Golden"],
            swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)

// For `make docs` alone: nobody who uses the package needs it.
if Context.environment["SWIFT_RAFT_DOCS"] != nil {
    package.dependencies.append(.package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.4.0"))
}
