#include "dataplane/worker/mailbox.h"

namespace tandem6::worker {

const lease::Errand Mailbox::kClosed;

bool Mailbox::post(const lease::Errand& errand) {
  const lease::Errand* expected = nullptr;
  return slot_.compare_exchange_strong(expected, &errand, std::memory_order_release, std::memory_order_relaxed);
}

bool Mailbox::is_busy() const {
  const lease::Errand* found = slot_.load(std::memory_order_acquire);
  return found != nullptr && found != &kClosed;
}

void Mailbox::open() { slot_.store(nullptr, std::memory_order_release); }

unsigned Mailbox::run(const lease::ErrandPlace& place) {
  const lease::Errand* errand = slot_.load(std::memory_order_acquire);
  if (errand == nullptr || errand == &kClosed) [[likely]]
    return 0;
  (*errand)(place);
  slot_.store(nullptr, std::memory_order_release);
  return 1;
}

void Mailbox::close(const lease::ErrandPlace& place) {
  const lease::Errand* expected = nullptr;
  while (!slot_.compare_exchange_strong(expected, &kClosed, std::memory_order_release, std::memory_order_relaxed)) {
    if (expected == &kClosed) return;
    run(place);
    expected = nullptr;
  }
}

}  // namespace tandem6::worker
