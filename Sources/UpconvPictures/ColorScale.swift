import Glibc

/// A pixel's colour in sRGB.
struct Color: Equatable {
  var red: UInt8
  var green: UInt8
  var blue: UInt8

  static func grey(_ level: UInt8) -> Color { Color(red: level, green: level, blue: level) }

  static let paper = Color.grey(255)
  static let ink = Color.grey(40)
  /// What is not a number: a colour that no scale has.
  static let notANumber = Color(red: 255, green: 0, blue: 200)
}

/// 256 colours whose lightness is even, so that equal steps of value look equally large, also in grey and to eyes that
/// do not tell red from green.
///
/// Computed in Oklab: lightness is linear in the value; hue and chroma only accompany it.
/// - Source: Björn Ottosson, A perceptual color space for image processing, 2020.
struct ColorScale: Sendable {
  private let colors: [Color]

  /// - Parameter position: 0 to 1.
  subscript(position: Float) -> Color { colors[Int((min(max(position, 0), 1) * 255).rounded())] }

  /// Dark violet over blue and green to light yellow.
  static let sequential = ColorScale { position in
    let hue = 300 - 200 * position
    let chroma = 0.055 + 0.115 * sin(.pi * min(0.12 + 0.8 * position, 1))
    return Oklab(lightness: 0.24 + 0.7 * position, chroma: chroma, hueDegrees: hue)
  }

  /// Blue below the middle, orange above it, and almost white in it: the further from it, the darker.
  static let diverging = ColorScale { position in
    let side = 2 * position - 1
    return Oklab(
      lightness: 0.97 - 0.52 * abs(side), chroma: 0.15 * pow(abs(side), 0.8), hueDegrees: side < 0 ? 255 : 50)
  }

  private init(_ color: (Double) -> Oklab) {
    colors = (0..<256).map { color(Double($0) / 255).color }
  }
}

/// A colour by lightness, chroma and hue.
private struct Oklab {
  let lightness: Double
  let chroma: Double
  let hueDegrees: Double

  /// The nearest that a screen has: less chroma, where it has not as much at this lightness.
  var color: Color {
    var chroma = chroma
    while chroma > 0.001, !linear(chroma).allSatisfy({ -0.0005...1.0005 ~= $0 }) { chroma *= 0.98 }
    let levels = linear(chroma).map { channel -> UInt8 in
      let level = min(max(channel, 0), 1)
      // IEC 61966-2-1.
      let encoded = level <= 0.0031308 ? 12.92 * level : 1.055 * pow(level, 1 / 2.4) - 0.055
      return UInt8((encoded * 255).rounded())
    }
    return Color(red: levels[0], green: levels[1], blue: levels[2])
  }

  /// Linear red, green and blue.
  private func linear(_ chroma: Double) -> [Double] {
    let (a, b) = (chroma * cos(hueDegrees * .pi / 180), chroma * sin(hueDegrees * .pi / 180))
    let long = cube(lightness + 0.3963377774 * a + 0.2158037573 * b)
    let medium = cube(lightness - 0.1055613458 * a - 0.0638541728 * b)
    let short = cube(lightness - 0.0894841775 * a - 1.2914855480 * b)
    return [
      4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
      -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
      -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    ]
  }

  private func cube(_ value: Double) -> Double { value * value * value }
}
