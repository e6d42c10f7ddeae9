import Glibc

/// How many descriptors this process may have.
enum DescriptorAllowance {
  /// Raises the limit as far as the system lets it be raised, and answers it. The usual soft limit of 1,024 is for
  /// programs that use `select`.
  static func raise() -> Int {
    let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    var limit = rlimit()
    guard getrlimit(resource, &limit) == 0 else { return 1024 }
    if limit.rlim_cur < limit.rlim_max {
      var raised = limit
      raised.rlim_cur = limit.rlim_max
      if setrlimit(resource, &raised) == 0 { limit = raised }
    }
    return Int(clamping: limit.rlim_cur)
  }
}
