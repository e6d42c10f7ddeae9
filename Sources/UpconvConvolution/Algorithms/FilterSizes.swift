/// What a product needs to know of filters before it reads them.
struct FilterSizes: Sendable, Hashable {
  let groups: Int
  let inputsPerGroup: Int
  let outputsPerGroup: Int
}
