/// What an algorithm is estimated to cost.
struct CostModel {
  let planner: Planner

  init(_ planner: Planner) { self.planner = planner }

  func nanoseconds(_ algorithm: Algorithm) -> Double {
    let work = Double(planner.multiplyAdds)
    return switch algorithm {
    case .direct: work / 5 + 100
    case .phases: work / 40 + 1000
    case .pixels: work / 30 + 1000
    case .winograd: work / 60 + 1000
    }
  }
}
