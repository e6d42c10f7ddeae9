import Testing
import UpconvHTTP
import UpconvMetrics
import UpconvSystem

@Suite struct MetricsTextTests {
  @Test func `A counter's family is named as each format has it`() {
    func text(_ format: MetricsText.Format) -> String {
      var text = MetricsText(format)
      text.family("a_total", .counter, "As.")
      text.sample("a_total", 3, [("kind", "x\"y\\z\n")])
      return String(decoding: text.finished(), as: UTF8.self)
    }
    #expect(
      text(.prometheus) == """
        # HELP a_total As.
        # TYPE a_total counter
        a_total{kind="x\\"y\\\\z\\n"} 3

        """)
    #expect(
      text(.openMetrics) == """
        # HELP a As.
        # TYPE a counter
        a_total{kind="x\\"y\\\\z\\n"} 3
        # EOF

        """)
  }

  @Test func `A histogram's buckets add up`() {
    var histogram = DurationHistogram()
    for nanoseconds in [50_000, 100_000, 100_001, 3_000_000_000, 500_000_000_000] {
      histogram.add(nanoseconds: nanoseconds)
    }
    var text = MetricsText(.prometheus)
    text.histogram("t", [("route", "/")], histogram)
    let lines = String(decoding: text.finished(), as: UTF8.self).split(separator: "\n")
    #expect(lines.count == DurationHistogram.bounds.count + 3)
    #expect(lines[0] == #"t_bucket{route="/",le="0.0001"} 2"#)
    #expect(lines[1] == #"t_bucket{route="/",le="0.00025"} 3"#)
    #expect(lines.contains(#"t_bucket{route="/",le="5.0"} 4"#))
    #expect(lines.contains(#"t_bucket{route="/",le="120.0"} 4"#))
    #expect(lines.contains(#"t_bucket{route="/",le="+Inf"} 5"#))
    #expect(lines.last == #"t_count{route="/"} 5"#)
  }

  @Test func `Shards add up, whatever order they counted in`() {
    let metrics = RequestMetrics(shards: 2)
    let now = Moment.now
    func exchange(_ loop: Int, _ status: Int) -> EndedExchange {
      EndedExchange(
        head: RequestHead(method: .post, target: .server), status: status, version: .http11, loop: loop, start: now,
        answerStart: now, end: now + .milliseconds(2), contentBytesReceived: 10, contentBytesSent: 20)
    }
    for loop in [0, 1, 1] { metrics.shards[loop].add(exchange(loop, 200), route: "/r") }
    metrics.shards[0].add(exchange(0, 400), route: "/r")
    metrics.shards[1].addRejection("connections")
    var text = MetricsText(.prometheus)
    metrics.write(to: &text)
    let lines = String(decoding: text.finished(), as: UTF8.self)
    #expect(
      lines.contains(#"upconv_http_requests_total{route="/r",method="POST",status="200",protocol="HTTP/1.1"} 3"#))
    #expect(
      lines.contains(#"upconv_http_requests_total{route="/r",method="POST",status="400",protocol="HTTP/1.1"} 1"#))
    #expect(lines.contains("upconv_http_content_received_bytes_total 40"))
    #expect(lines.contains("upconv_http_content_sent_bytes_total 80"))
    #expect(lines.contains(#"upconv_rejections_total{reason="connections"} 1"#))
    #expect(
      lines.contains(
        #"upconv_http_request_duration_seconds_bucket{route="/r",protocol="HTTP/1.1",le="0.0025"} 4"#))
  }

  @Test func `The process tells of itself`() {
    var text = MetricsText(.prometheus)
    ProcessMetrics.write(to: &text)
    let lines = String(decoding: text.finished(), as: UTF8.self).split(separator: "\n")
    func value(_ name: String) -> Double? {
      lines.first { $0.hasPrefix(name + " ") }.flatMap { Double($0.dropFirst(name.count + 1)) }
    }
    #expect((value("process_resident_memory_bytes") ?? 0) > 1_000_000)
    #expect((value("process_cpu_seconds_total") ?? 0) > 0)
    #expect((value("process_open_fds") ?? 0) >= 3)
    #expect((value("process_start_time_seconds") ?? 0) > 1_700_000_000)
    #expect((value("process_max_fds") ?? 0) >= 64)
  }
}
