import Testing

extension Trait where Self == ConditionTrait {
  /// For tests whose layers are as large as real ones: minutes in debug mode, a second as it ships. `scripts/test` runs
  /// both modes, and smaller layers meet the same code in debug mode.
  static var optimizedOnly: Self {
    #if DEBUG
      let isOptimized = false
    #else
      let isOptimized = true
    #endif
    return .enabled(if: isOptimized, "layers as large as real ones are left to release mode")
  }
}
