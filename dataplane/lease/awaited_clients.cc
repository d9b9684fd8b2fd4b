#include "dataplane/lease/awaited_clients.h"

namespace tandem6::lease {

size_t AwaitedClients::find(uint64_t duid_hash) const {
  size_t place = home_of(duid_hash);
  while (!entries_[place].is_free() && entries_[place].duid_hash != duid_hash) place = (place + 1) % kPlaces;
  return place;
}

bool AwaitedClients::expect(uint64_t duid_hash, wire::MessageType type) {
  if (entries_.empty()) entries_.resize(kPlaces);
  Entry& entry = entries_[find(duid_hash)];
  if (entry.is_free()) {
    if (count_ == kMax) return false;
    ++count_;
  }
  entry = {.duid_hash = duid_hash, .type = type, .answered = false};
  return true;
}

void AwaitedClients::heard(uint64_t duid_hash, wire::MessageType type) {
  if (count_ == 0) return;
  Entry& entry = entries_[find(duid_hash)];
  if (entry.type == type) entry.answered = true;
}

bool AwaitedClients::has_answered(uint64_t duid_hash) const {
  return count_ != 0 && entries_[find(duid_hash)].answered;
}

// Who was put further on because this place was taken is moved back: a search ends at the first free place.
void AwaitedClients::forget(uint64_t duid_hash) {
  if (count_ == 0) return;
  size_t hole = find(duid_hash);
  if (entries_[hole].is_free()) return;
  --count_;
  for (size_t next = (hole + 1) % kPlaces; !entries_[next].is_free(); next = (next + 1) % kPlaces) {
    const size_t from_home = (next - home_of(entries_[next].duid_hash)) % kPlaces;
    const size_t from_hole = (next - hole) % kPlaces;
    if (from_home < from_hole) continue;
    entries_[hole] = entries_[next];
    hole = next;
  }
  entries_[hole] = {};
}

}  // namespace tandem6::lease
