/// A time as Date and its like have it, `Sun, 06 Nov 1994 08:49:37 GMT` (IMF-fixdate, RFC 9110 §5.6.7).
package struct HTTPDate: Sendable, Equatable, CustomStringConvertible {
  /// The form has four digits for the year: times before year 1 or after year 9999 are moved to that bound.
  private static let representableSeconds = -62_135_596_800...253_402_300_799
  private static let secondsPerDay = 86_400
  private static let weekdayNames = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
  private static let monthNames = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  /// 29 octets of ASCII.
  package let description: String

  /// The second that began `secondsSince1970` after 1970-01-01T00:00:00Z, leap seconds not counted (POSIX
  /// time).
  package init(secondsSince1970: Int) {
    let range = Self.representableSeconds
    let seconds = min(max(secondsSince1970, range.lowerBound), range.upperBound)
    // Division rounds to zero; days and months are counted from below.
    let secondOfDay = ((seconds % Self.secondsPerDay) + Self.secondsPerDay) % Self.secondsPerDay
    let day = (seconds - secondOfDay) / Self.secondsPerDay
    let date = Self.civilDate(daysSince1970: day)
    let weekday = ((day + 4) % 7 + 7) % 7  // 1970-01-01 was a Thursday
    description =
      "\(Self.weekdayNames[weekday]), \(Self.digits(date.day, 2)) \(Self.monthNames[date.month - 1])"
      + " \(Self.digits(date.year, 4)) \(Self.digits(secondOfDay / 3600, 2))"
      + ":\(Self.digits(secondOfDay / 60 % 60, 2)):\(Self.digits(secondOfDay % 60, 2)) GMT"
  }

  /// The date in the proleptic Gregorian calendar.
  ///
  /// Years are taken to begin in March, so that the leap day is the last of them; 400 of them are one era of
  /// 146 097 days.
  /// - Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`.
  private static func civilDate(daysSince1970: Int) -> (year: Int, month: Int, day: Int) {
    let daysPerEra = 146_097
    let days = daysSince1970 + 719_468  // since 0000-03-01
    let era = (days >= 0 ? days : days - (daysPerEra - 1)) / daysPerEra
    let dayOfEra = days - era * daysPerEra
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let marchMonth = (5 * dayOfYear + 2) / 153  // 0 is March
    let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * marchMonth + 2) / 5 + 1)
  }

  private static func digits(_ number: Int, _ width: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, width - text.count)) + text
  }
}
