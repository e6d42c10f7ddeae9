// swift-tools-version: 6.2
import PackageDescription

/// What every Swift target is built with.
let strict: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),  // SE-0335: a protocol used as a type says `any`
  .enableUpcomingFeature("InternalImportsByDefault"),  // SE-0409: an import is not re-exported by accident
  .enableUpcomingFeature("MemberImportVisibility"),  // SE-0444: what a file uses, it imports
  .treatAllWarnings(as: .error),
]

/// A module of the product. `uses` lists the modules below it; nothing may import upwards.
func module(_ name: String, uses dependencies: [Target.Dependency] = [], resources: [Resource] = []) -> Target {
  .target(name: name, dependencies: dependencies, resources: resources, swiftSettings: strict)
}

/// The tests of one module.
func tests(_ name: String, uses dependencies: [Target.Dependency], besides exclude: [String] = []) -> Target {
  .testTarget(name: name, dependencies: dependencies + ["UpconvTestSupport"], exclude: exclude, swiftSettings: strict)
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
    .target(name: "CLinux"),
    // The innermost loops, once for each instruction set.
    .target(name: "CTiles"),
    .target(name: "CDecimal"),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    // Unavailable where libisal-dev is not installed; Swift asks `#if canImport(CISAL)`. See docs/dependencies.md.
    .systemLibrary(name: "CISAL"),

    // From the ground up: a module imports only what stands above it in this list.
    module("UpconvMemory"),
    module("UpconvTensor", uses: ["UpconvMemory"]),
    module("UpconvKernels", uses: ["CTiles"]),
    module("UpconvConvolution", uses: ["UpconvMemory", "UpconvTensor", "UpconvKernels"]),
    module("UpconvCompression", uses: ["CZlib", "CISAL"]),
    module("UpconvJSON", uses: ["UpconvTensor", "CDecimal"]),
    module("UpconvFormats", uses: ["UpconvTensor", "UpconvJSON", "UpconvCompression"]),
    module(
      "UpconvModels",
      uses: ["UpconvMemory", "UpconvTensor", "UpconvKernels", "UpconvConvolution", "UpconvJSON", "UpconvFormats"]),
    module("UpconvHTTP"),
    module("UpconvScheduling"),
    module(
      "UpconvRepository",
      uses: [
        "UpconvTensor", "UpconvJSON", "UpconvModels", "UpconvScheduling",
        .product(name: "Logging", package: "swift-log"),
      ]),
    module(
      "UpconvBench",
      uses: ["UpconvTensor", "UpconvKernels", "UpconvConvolution", "UpconvCompression", "UpconvJSON", "UpconvHTTP"]),
    module(
      "UpconvTransport",
      uses: [
        "UpconvHTTP", "UpconvScheduling", "UpconvMemory", "CLinux", .product(name: "Logging", package: "swift-log"),
      ]),
    module(
      "UpconvService",
      uses: [
        "UpconvTensor", "UpconvConvolution", "UpconvCompression", "UpconvJSON", "UpconvFormats", "UpconvHTTP",
        "UpconvModels", "UpconvRepository", "UpconvScheduling",
      ],
      resources: [.embedInCode("Resources/openapi.yaml")]),
    .executableTarget(
      name: "upconv",
      dependencies: [
        "UpconvTensor", "UpconvKernels", "UpconvConvolution", "UpconvFormats", "UpconvJSON", "UpconvHTTP",
        "UpconvScheduling", "UpconvTransport", "UpconvService", "UpconvBench", "UpconvCompression", "UpconvModels",
        "UpconvRepository",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: strict),

    // Tests.
    .target(
      name: "UpconvTestSupport", dependencies: ["UpconvTensor", "UpconvConvolution"], path: "Tests/UpconvTestSupport",
      swiftSettings: strict),
    tests("UpconvMemoryTests", uses: ["UpconvMemory"]),
    tests("UpconvTensorTests", uses: ["UpconvTensor"]),
    .target(name: "CAllocationCount", path: "Tests/CAllocationCount"),
    tests("UpconvConvolutionTests", uses: ["CAllocationCount", "UpconvConvolution", "UpconvKernels", "UpconvTensor"]),
    tests("UpconvKernelsTests", uses: ["UpconvKernels", "CTiles", "UpconvTensor"]),
    tests("UpconvCompressionTests", uses: ["UpconvCompression"]),
    tests("UpconvJSONTests", uses: ["UpconvJSON", "UpconvTensor", "CDecimal"]),
    tests("UpconvFormatsTests", uses: ["UpconvFormats", "UpconvTensor", "UpconvCompression"]),
    tests(
      "UpconvModelsTests", uses: ["UpconvModels", "UpconvConvolution", "UpconvFormats", "UpconvJSON", "UpconvTensor"],
      besides: ["Fixtures"]),
    tests(
      "UpconvRepositoryTests",
      uses: [
        "UpconvRepository", "UpconvScheduling", "UpconvModels", "UpconvTensor",
        .product(name: "Logging", package: "swift-log"),
      ]),
    tests("UpconvHTTPTests", uses: ["UpconvHTTP"]),
    tests("UpconvServiceTests", uses: ["UpconvService", "UpconvConvolution", "UpconvJSON", "UpconvTensor"]),
    tests(
      "UpconvEndToEndTests",
      uses: [
        "UpconvService", "UpconvScheduling", "UpconvRepository", "UpconvTransport", "UpconvHTTP", "UpconvFormats",
        "UpconvTensor",
        "UpconvConvolution",
        "UpconvJSON", "UpconvCompression", .product(name: "Logging", package: "swift-log"),
        .product(name: "Yams", package: "Yams"),
      ],
      besides: ["Golden", "Clients"]),
  ],
  swiftLanguageModes: [.v6],
  cLanguageStandard: .c17
)
