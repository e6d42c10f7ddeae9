import CLinux

/// The pages of the program itself and of its libraries.
package enum ProgramPages {
  /// Lets go of all that the loader does not write to; what is touched again comes back from the page cache, as it
  /// stands in its file. A breakpoint that was set in one of them before is lost.
  ///
  /// For a program that has started and will now do something else. To start touches most of it: the loader and option
  /// parsing run once, and with each page that is touched Linux maps the fifteen around it. Costs about 0.3 ms, and a
  /// fraction of a microsecond for each page that comes back.
  /// - Returns: the bytes that were let go or were not in memory.
  /// - Source: madvise(2), MADV_DONTNEED: pages of a private mapping of a file are read from it again.
  @discardableResult package static func letGo() -> Int { Int(clamping: upconv_leave_program_pages()) }
}
