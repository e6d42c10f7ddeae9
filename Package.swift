// swift-tools-version: 6.2
import PackageDescription

/// What every Swift target is built with.
let strict: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),  // SE-0335: a protocol used as a type says `any`
  .enableUpcomingFeature("InternalImportsByDefault"),  // SE-0409: an import is not re-exported by accident
  .enableUpcomingFeature("MemberImportVisibility"),  // SE-0444: what a file uses, it imports
  .treatAllWarnings(as: .error),
]

/// What every C target is built with. Unsafe flags are for packages that no other depends on: this one is a program.
let hardened: [CSetting] = [
  .treatAllWarnings(as: .error),
  .unsafeFlags(["-fstack-protector-strong"]),
  // Without optimisation the C library cannot check, and warns.
  .define("_FORTIFY_SOURCE", to: "2", .when(configuration: .release)),
]

/// All symbols are bound at the start, and their table is read-only from then on.
let boundAtStart: [LinkerSetting] = [.unsafeFlags(["-z", "relro", "-z", "now"].flatMap { ["-Xlinker", $0] })]

/// A module of the product. `uses` lists the modules below it; nothing may import upwards.
func module(_ name: String, uses dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

/// What tests are built with that compute little themselves: in release mode, too, they are compiled without optimisation,
/// which takes half the time.
let quick: [SwiftSetting] = [.unsafeFlags(["-Onone"], .when(configuration: .release))]

/// The tests of one module. `optimized` are those that compute with many numbers.
func tests(
  _ name: String, uses dependencies: [Target.Dependency], besides exclude: [String] = [], optimized: Bool = false
) -> Target {
  .testTarget(
    name: name, dependencies: dependencies + ["UpconvTestSupport"], exclude: exclude,
    swiftSettings: strict + (optimized ? [] : quick))
}

let package = Package(
  name: "upconv",
  products: [.executable(name: "upconv", targets: ["upconv"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),  // only the tests: reads openapi.yaml
  ],
  targets: [
    // C shims over system headers.
    .target(name: "CLinux", cSettings: hardened),
    // The innermost loops, once for each instruction set.
    .target(name: "CTiles", cSettings: hardened),
    .target(name: "CDecimal", cSettings: hardened),
    // The files that the server serves as they are.
    .target(name: "CDocuments", exclude: ["page"], cSettings: hardened),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CNghttp2", pkgConfig: "libnghttp2", providers: [.apt(["libnghttp2-dev"])]),
    // Unavailable where libisal-dev is not installed; Swift asks `#if canImport(CISAL)`. See docs/dependencies.md.
    .systemLibrary(name: "CISAL"),

    // From the ground up: a module imports only what stands above it in this list.
    module("UpconvSystem", uses: ["CLinux"]),
    module("UpconvMemory", uses: ["UpconvSystem"]),
    module("UpconvTensor", uses: ["UpconvMemory"]),
    module("UpconvKernels", uses: ["CTiles"]),
    module(
      "UpconvConvolution", uses: ["UpconvSystem", "UpconvMemory", "UpconvTensor", "UpconvKernels"]),
    module("UpconvCompression", uses: ["CZlib", "CISAL"]),
    module("UpconvJSON", uses: ["UpconvTensor", "CDecimal"]),
    module("UpconvFormats", uses: ["UpconvTensor", "UpconvJSON", "UpconvCompression"]),
    module(
      "UpconvModels",
      uses: [
        "UpconvSystem", "UpconvMemory", "UpconvTensor", "UpconvKernels", "UpconvConvolution", "UpconvJSON",
        "UpconvFormats",
      ]),
    module("UpconvDigest"),
    module("UpconvPictures", uses: ["UpconvTensor", "UpconvCompression"]),
    module("UpconvHTTP", uses: ["UpconvSystem"]),
    module("UpconvPage", uses: ["UpconvHTTP", "UpconvCompression", "UpconvDigest", "CDocuments"]),
    module("UpconvAccess", uses: ["UpconvSystem", "UpconvHTTP", "UpconvDigest"]),
    module("UpconvScheduling", uses: ["UpconvSystem"]),
    module("UpconvMetrics", uses: ["UpconvSystem", "UpconvHTTP"]),
    module("UpconvLogging", uses: ["UpconvSystem", "UpconvJSON", .product(name: "Logging", package: "swift-log")]),
    module("UpconvTracing", uses: ["UpconvSystem", "UpconvJSON", .product(name: "Logging", package: "swift-log")]),
    module(
      "UpconvRepository",
      uses: [
        "UpconvSystem", "UpconvTensor", "UpconvJSON", "UpconvModels", "UpconvScheduling",
        .product(name: "Logging", package: "swift-log"),
      ]),
    module(
      "UpconvTensorBoard",
      uses: [
        "UpconvSystem", "UpconvTensor", "UpconvModels", "UpconvPictures", "UpconvRepository", "UpconvMetrics",
        .product(name: "Logging", package: "swift-log"),
      ]),
    module("UpconvHTTP2", uses: ["UpconvSystem", "UpconvHTTP", "CNghttp2"]),
    module(
      "UpconvBench",
      uses: ["UpconvTensor", "UpconvKernels", "UpconvConvolution", "UpconvCompression", "UpconvJSON", "UpconvHTTP"]),
    module(
      "UpconvTransport",
      uses: [
        "UpconvSystem", "UpconvHTTP", "UpconvHTTP2", "UpconvScheduling", "UpconvMemory", "CLinux",
        .product(name: "Logging", package: "swift-log"),
      ]),
    module(
      "UpconvService",
      uses: [
        "UpconvSystem", "UpconvMemory", "UpconvTensor", "UpconvConvolution", "UpconvCompression", "UpconvJSON",
        "UpconvFormats",
        "UpconvHTTP", "UpconvModels", "UpconvRepository", "UpconvScheduling", "UpconvPictures", "UpconvPage",
        "UpconvMetrics", "UpconvTracing", "UpconvAccess", "UpconvTensorBoard",
        .product(name: "Logging", package: "swift-log"),
      ]),
    .executableTarget(
      name: "upconv",
      dependencies: [
        "UpconvSystem", "UpconvMemory", "UpconvTensor", "UpconvKernels", "UpconvConvolution", "UpconvFormats",
        "UpconvJSON",
        "UpconvHTTP", "UpconvHTTP2", "UpconvScheduling", "UpconvTransport", "UpconvService", "UpconvBench",
        "UpconvCompression", "UpconvModels", "UpconvRepository", "UpconvMetrics", "UpconvLogging", "UpconvTracing",
        "UpconvAccess", "UpconvDigest", "UpconvTensorBoard",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: strict, linkerSettings: boundAtStart),

    // Tests.
    .target(
      name: "UpconvTestSupport", dependencies: ["UpconvTensor", "UpconvConvolution"], path: "Tests/UpconvTestSupport",
      swiftSettings: strict),
    tests("UpconvSystemTests", uses: ["UpconvSystem"]),
    tests("UpconvMemoryTests", uses: ["UpconvMemory", "UpconvSystem"], optimized: true),
    tests("UpconvTensorTests", uses: ["UpconvTensor"]),
    .target(name: "CAllocationCount", path: "Tests/CAllocationCount"),
    tests(
      "UpconvConvolutionTests",
      uses: ["CAllocationCount", "UpconvConvolution", "UpconvKernels", "UpconvSystem", "UpconvTensor"],
      optimized: true),
    tests("UpconvKernelsTests", uses: ["UpconvKernels", "CTiles", "UpconvTensor"], optimized: true),
    tests("UpconvCompressionTests", uses: ["UpconvCompression"], optimized: true),
    tests("UpconvJSONTests", uses: ["UpconvJSON", "UpconvTensor", "CDecimal"], optimized: true),
    tests("UpconvFormatsTests", uses: ["UpconvFormats", "UpconvTensor", "UpconvCompression"]),
    tests(
      "UpconvModelsTests",
      uses: ["UpconvModels", "UpconvConvolution", "UpconvSystem", "UpconvFormats", "UpconvJSON", "UpconvTensor"],
      besides: ["Fixtures"]),
    tests("UpconvPicturesTests", uses: ["UpconvPictures", "UpconvTensor"]),
    tests(
      "UpconvRepositoryTests",
      uses: [
        "UpconvRepository", "UpconvScheduling", "UpconvModels", "UpconvSystem", "UpconvTensor",
        .product(name: "Logging", package: "swift-log"),
      ]),
    tests("UpconvHTTPTests", uses: ["UpconvHTTP", "UpconvSystem"]),
    tests("UpconvHTTP2Tests", uses: ["UpconvHTTP2", "UpconvHTTP", "UpconvSystem"]),
    tests("UpconvTransportTests", uses: ["UpconvTransport", "UpconvHTTP", "UpconvSystem"]),
    tests("UpconvSchedulingTests", uses: ["UpconvScheduling"]),
    tests("UpconvMetricsTests", uses: ["UpconvMetrics", "UpconvHTTP", "UpconvSystem"]),
    tests(
      "UpconvLoggingTests", uses: ["UpconvLogging", "UpconvJSON", .product(name: "Logging", package: "swift-log")]),
    tests(
      "UpconvTracingTests", uses: ["UpconvTracing", "UpconvJSON", .product(name: "Logging", package: "swift-log")]),
    tests("UpconvDigestTests", uses: ["UpconvDigest"]),
    tests("UpconvAccessTests", uses: ["UpconvAccess", "UpconvDigest", "UpconvHTTP", "UpconvSystem"]),
    tests(
      "UpconvTensorBoardTests",
      uses: [
        "UpconvTensorBoard", "UpconvTensor", "UpconvModels", "UpconvPictures", "UpconvRepository", "UpconvScheduling",
        "UpconvMetrics",
        .product(name: "Logging", package: "swift-log"),
      ]),
    tests("UpconvPageTests", uses: ["UpconvPage", "UpconvHTTP", "UpconvCompression"]),
    tests(
      "UpconvServiceTests",
      uses: [
        "CAllocationCount", "UpconvService", "UpconvRepository", "UpconvScheduling", "UpconvConvolution", "UpconvJSON",
        "UpconvTensor", "UpconvHTTP", "UpconvAccess", "UpconvFormats", "UpconvMemory",
        .product(name: "Logging", package: "swift-log"),
      ]),
    tests(
      "UpconvEndToEndTests",
      uses: [
        "UpconvMemory", "UpconvService", "UpconvScheduling", "UpconvRepository", "UpconvMetrics", "UpconvTransport",
        "UpconvHTTP", "UpconvTracing",
        "UpconvHTTP2", "UpconvFormats", "UpconvTensor", "UpconvConvolution", "UpconvJSON", "UpconvCompression",
        "UpconvAccess", "UpconvDigest", "CNghttp2", .product(name: "Logging", package: "swift-log"),
        .product(name: "Yams", package: "Yams"),
      ],
      besides: ["Golden", "Clients"]),
  ],
  swiftLanguageModes: [.v6],
  cLanguageStandard: .c17
)

// A script that runs the tests of a few modules names them: other tests, and what only they need, are not built.
if let names = Context.environment["UPCONV_TESTS"]?.split(separator: " ").map(String.init) {
  package.targets.removeAll { $0.type == .test && !names.contains($0.name) }
}

// Only where `scripts/fuzz` asks for it: libFuzzer brings the `main` that is missing here, and is part of a build with
// `--sanitize=fuzzer` alone.
if Context.environment["UPCONV_FUZZ"] != nil {
  package.targets.append(
    .executableTarget(
      name: "upconv-fuzz",
      dependencies: [
        "UpconvSystem", "UpconvHTTP", "UpconvHTTP2", "UpconvJSON", "UpconvCompression", "UpconvFormats", "UpconvTensor",
        "UpconvModels",
      ],
      path: "Fuzz", exclude: ["Corpora", "Dictionaries", "make-seeds"], swiftSettings: strict))
}
