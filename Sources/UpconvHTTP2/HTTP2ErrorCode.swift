/// Why a stream or a connection ends (RFC 9113 §7); those that are sent here.
package enum HTTP2ErrorCode: UInt32, Sendable {
  case noError = 0x0
  case protocolError = 0x1
  case internalError = 0x2
  case settingsTimeout = 0x4
  case refusedStream = 0x7
  case cancel = 0x8
  case enhanceYourCalm = 0xB
}
