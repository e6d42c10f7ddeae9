import Foundation
import Testing
import UpconvRepository

/// `/metrics`, over real sockets, after requests of which is known what they must have counted.
@Suite struct MetricsTests {
  private static let models = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Examples/models").path

  private func server() throws -> TestServer {
    var models = RepositoryConfiguration()
    models.root = Self.models
    return try TestServer(models: models)
  }

  private static let gist: [UInt8] = {
    let ones = [String](repeating: "1", count: 96).joined(separator: ",")
    return Array(#"{"inputs":[{"name":"x","shape":[3,4,4,2],"datatype":"FP32","data":[\#(ones)]}]}"#.utf8)
  }()

  @Test func `Requests are counted by route, method, status and protocol, whatever paths clients send`() throws {
    let server = try server()
    for _ in 0..<3 { _ = try server.post(Self.gist, path: "/v2/models/gist/infer") }
    _ = try server.post(Array("{}".utf8), path: "/v2/models/gist/infer")
    for name in ["a", "b"] { _ = try server.exchange(TestRequest.get("/v2/models/\(name)")) }
    _ = try server.exchange(TestRequest.get("/nowhere/at/all"))
    let text = try server.exchange(TestRequest.get("/metrics")).text
    let infer = #"route="/v2/models/{model}/infer",method="POST""#
    #expect(text.contains("upconv_http_requests_total{\(infer),status=\"200\",protocol=\"HTTP/1.1\"} 3\n"))
    #expect(text.contains("upconv_http_requests_total{\(infer),status=\"400\",protocol=\"HTTP/1.1\"} 1\n"))
    #expect(
      text.contains(
        #"upconv_http_requests_total{route="/v2/models/{model}",method="GET",status="404",protocol="HTTP/1.1"} 2"#))
    #expect(
      text.contains(#"upconv_http_requests_total{route="unknown",method="GET",status="404",protocol="HTTP/1.1"} 1"#))
    #expect(!text.contains("nowhere"))
    #expect(
      text.contains(
        #"upconv_http_request_duration_seconds_count{route="/v2/models/{model}/infer",protocol="HTTP/1.1"} 4"#))
    let received = 3 * Self.gist.count + 2
    #expect(text.contains("upconv_http_content_received_bytes_total \(received)\n"))
  }

  @Test func `Models are told under Triton's names`() throws {
    let server = try server()
    for _ in 0..<2 { _ = try server.post(Self.gist, path: "/v2/models/gist/infer") }
    let text = try server.exchange(TestRequest.get("/metrics")).text
    let gist = #"{model="gist",version="1"}"#
    #expect(text.contains("nv_inference_request_success\(gist) 2\n"))
    #expect(text.contains("nv_inference_count\(gist) 6\n"))
    #expect(text.contains("nv_inference_exec_count\(gist) 2\n"))
    #expect(text.contains("nv_inference_pending_request_count\(gist) 0\n"))
    #expect(text.contains(#"upconv_model_batches_total{model="gist",version="1",batch_size="3"} 2"#))
    #expect(text.contains(#"nv_inference_request_success{model="pix2pix_up7",version="1"} 0"#))
  }

  @Test func `OpenMetrics is given to whoever prefers it, the older text to others`() throws {
    let server = try ServerProcess(["--models", Self.models])
    let accept = [("Accept", "application/openmetrics-text;version=1.0.0,text/plain;q=0.5")]
    let open = try server.exchange(TestRequest.get("/metrics", fields: accept))
    #expect(open["content-type"]?.hasPrefix("application/openmetrics-text; version=1.0.0") == true)
    #expect(open.text.hasSuffix("# EOF\n"))
    #expect(open.text.contains("# TYPE upconv_http_requests counter\n"))
    let plain = try server.exchange(TestRequest.get("/metrics"))
    #expect(plain["content-type"]?.hasPrefix("text/plain; version=0.0.4") == true)
    for name in ["upconv_build_info", "upconv_queue_depth", "upconv_connections", "process_resident_memory_bytes"] {
      #expect(plain.text.contains("\n\(name)"), "\(name)")
    }
  }
}
