extension StageTimes {
  /// Appends a value of Server-Timing: each stage with its milliseconds, to the microsecond.
  /// - Source: W3C Server Timing, §2 (the Server-Timing header field).
  package func appendServerTiming(to output: inout [UInt8]) {
    var isFirst = true
    for stage in RequestStage.allCases {
      guard let nanoseconds = self[stage] else { continue }
      if !isFirst { output.append(text: ", " as StaticString) }
      isFirst = false
      output.append(text: stage.name)
      output.append(text: ";dur=" as StaticString)
      let microseconds = nanoseconds / 1000
      output.append(decimal: microseconds / 1000)
      output.append(UInt8(ascii: "."))
      var digit = 100
      while digit > 0 {
        output.append(UInt8(ascii: "0") + UInt8(microseconds / digit % 10))
        digit /= 10
      }
    }
  }
}
