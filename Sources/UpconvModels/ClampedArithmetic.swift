/// The product of lengths, none of them negative; the largest integer where it would be above that.
func product(_ lengths: [Int], _ factor: Int = 1) -> Int {
  lengths.reduce(factor) { product, length in
    let (product, overflow) = product.multipliedReportingOverflow(by: length)
    return overflow ? .max : product
  }
}

/// The sum of two sizes, none of them negative; the largest integer where it would be above that.
func sum(_ a: Int, _ b: Int) -> Int {
  let (sum, overflow) = a.addingReportingOverflow(b)
  return overflow ? .max : sum
}
