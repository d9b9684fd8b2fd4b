// How the management thread gets something done on a worker's shards: one errand at a time in one slot.
#pragma once

#include <atomic>

#include "dataplane/lease/errand.h"

namespace tandem6::worker {

/// One for each worker. Between the management thread, which posts and waits, and the worker, which never does. Closed
/// until the worker opens it: an errand is either refused or run, never lost.
class Mailbox {
 public:
  // --- management thread -------------------------------------------------------------------------------------------
  /// Hands the errand over, which must live until is_busy() is false again. False: the worker does not run (yet, or any
  /// more). Not while is_busy().
  bool post(const lease::Errand& errand);
  /// Is an errand waiting or running? When not, what it did can be seen.
  bool is_busy() const;

  // --- the worker --------------------------------------------------------------------------------------------------
  void open();
  /// Runs the errand that waits, if there is one. Returns how many there were: 0 or 1.
  unsigned run(const lease::ErrandPlace& place);
  /// Refuses errands from now on; runs the one that came before.
  void close(const lease::ErrandPlace& place);

 private:
  /// What stands in the slot while the worker does not run. Never called.
  static const lease::Errand kClosed;

  std::atomic<const lease::Errand*> slot_{&kClosed};  // null: open, and nothing waits
};

}  // namespace tandem6::worker
