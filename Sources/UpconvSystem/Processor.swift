import CLinux

/// The processor that a thread runs on.
package enum Processor {
  /// Returns the number of the calling thread's processor, or -1 if the kernel does not tell. About 2 ns.
  package static var current: Int32 { upconv_processor() }

  /// Returns how many processors the calling thread may run on: those of its affinity, which a control group's cpuset and
  /// `taskset` narrow. At least 1.
  package static var allowedCount: Int { max(1, Int(upconv_allowed_processors())) }

  /// Moves the calling thread off the given processors, as far as its affinity allows; the affinity stays as it is.
  ///
  /// Costs two or three system calls and a migration, about 20 µs.
  /// - Returns: false if the thread may run on no other processor.
  package static func leave(_ avoided: [Int32]) -> Bool { upconv_leave_processors(avoided, avoided.count) == 0 }
}
