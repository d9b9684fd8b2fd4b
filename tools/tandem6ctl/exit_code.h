// What scripts learn from tandem6ctl without reading its output. `tandem6ctl --help` lists the same.
#pragma once

namespace tandem6::ctl {

enum class ExitCode : int {
  kSuccess = 0,
  kRefused = 1,      ///< the server said no, or does not know the command
  kUsage = 2,        ///< the command line is wrong
  kEmpty = 3,        ///< asked and answered: there is nothing
  kUnreachable = 4,  ///< nobody answers on the socket
  kProblem = 5,      ///< asked with --check, and not all is well
};

}  // namespace tandem6::ctl
