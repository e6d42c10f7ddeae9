import UpconvJSON

/// Spans as one document of OTLP over HTTP in JSON.
/// - Source: OpenTelemetry Protocol 1.3, OTLP/HTTP, JSON encoding: identities in hexadecimal, 64-bit numbers as strings.
package enum SpanDocument {
  package static func bytes(_ spans: [Span], service: String, version: String) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("resourceSpans") { writer in
        writer.array { writer in
          writer.object { writer in
            writer.member("resource") { writer in
              writer.object { writer in
                writer.member("attributes") { writer in
                  writer.array { writer in
                    attribute("service.name", .string(service), &writer)
                    attribute("service.version", .string(version), &writer)
                  }
                }
              }
            }
            writer.member("scopeSpans") { writer in
              writer.array { writer in
                writer.object { writer in
                  writer.member("scope") { $0.object { $0.member("name", "upconv") } }
                  writer.member("spans") { $0.array { writer in for span in spans { write(span, &writer) } } }
                }
              }
            }
          }
        }
      }
    }
    return writer.bytes
  }

  private static func write(_ span: Span, _ writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("traceId", hexadecimal(span.trace))
      writer.member("spanId", hexadecimal(span.identity))
      if let parent = span.parent { writer.member("parentSpanId", hexadecimal(parent)) }
      writer.member("name", span.name)
      writer.member("kind", span.kind.rawValue)
      writer.member("startTimeUnixNano", "\(span.startNanosecondsSince1970)")
      writer.member("endTimeUnixNano", "\(span.endNanosecondsSince1970)")
      writer.member("attributes") { writer in
        writer.array { writer in
          for (name, value) in span.attributes { attribute(name, value, &writer) }
        }
      }
      writer.member("status") { $0.object { if span.isError { $0.member("code", 2) } } }
    }
  }

  private static func attribute(_ name: String, _ value: Span.Value, _ writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("key", name)
      writer.member("value") { writer in
        writer.object { writer in
          switch value {
          case .string(let string): writer.member("stringValue", string)
          case .integer(let integer): writer.member("intValue", "\(integer)")
          }
        }
      }
    }
  }
}
