import Testing
import UpconvHTTP

@Suite struct HTTPDateTests {
  @Test(arguments: [
    (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
    (951_782_399, "Mon, 28 Feb 2000 23:59:59 GMT"), (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
    (951_868_800, "Wed, 01 Mar 2000 00:00:00 GMT"), (1_709_164_800, "Thu, 29 Feb 2024 00:00:00 GMT"),
    (2_147_483_648, "Tue, 19 Jan 2038 03:14:08 GMT"), (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
    (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"), (-1, "Wed, 31 Dec 1969 23:59:59 GMT"),
    (-86_400, "Wed, 31 Dec 1969 00:00:00 GMT"), (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"),
    (-62_135_596_800, "Mon, 01 Jan 0001 00:00:00 GMT"), (Int.max, "Fri, 31 Dec 9999 23:59:59 GMT"),
    (Int.min, "Mon, 01 Jan 0001 00:00:00 GMT"),
  ])
  func `Seconds become a date`(seconds: Int, text: String) {
    #expect(HTTPDate(secondsSince1970: seconds).description == text)
  }

  @Test func `Each day of 400 years follows the one before`() {
    let lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    let names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    var day = 0
    for year in 1970..<2370 {
      let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
      for month in 0..<12 {
        // The first and the last day of each month: those between cannot be wrong alone.
        let length = lengths[month] + (month == 1 && isLeap ? 1 : 0)
        let first = HTTPDate(secondsSince1970: day * 86_400).description
        let last = HTTPDate(secondsSince1970: (day + length) * 86_400 - 1).description
        #expect(first.dropFirst(5) == "01 \(names[month]) \(year) 00:00:00 GMT")
        #expect(last.dropFirst(5) == "\(length) \(names[month]) \(year) 23:59:59 GMT")
        day += length
      }
    }
  }
}
