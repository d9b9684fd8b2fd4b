// What the clients do, as a whole: which exchange a client begins when its turn comes.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "dataplane/wire/error.h"
#include "perf/blast/client.h"
#include "perf/blast/split_mix.h"

namespace tandem6::blast {

enum class Scenario : uint8_t { kFourWay, kRapidCommit, kSolicit, kRenew, kRelease, kMixed, kReboot };

std::optional<Scenario> scenario_named(std::string_view name);
std::string_view to_string(Scenario scenario);
/// Does every client need its leases before it starts?
bool needs_leases(Scenario scenario);

/// What a client with leases does in the mixed scenario: shares of the whole, which need not add up to anything.
struct Mix {
  double renew = 90;
  double rebind = 2;
  double release = 3;
  double reboot = 4;  ///< a four-way exchange, as after a power cut
  double information = 1;

  /// "renew=90,release=10": what is not named is 0.
  static tl::expected<Mix, Error> parse(std::string_view text);
  std::string to_string() const;
};

class TaskChooser {
 public:
  TaskChooser(Scenario scenario, const Mix& mix, uint64_t seed);
  /// kNone: nothing, another client's turn.
  Task choose(const Client& client);
  /// Is there nothing to do any more, with so many clients that have leases?
  bool exhausted(uint64_t bound) const { return scenario_ == Scenario::kRelease && bound == 0; }

 private:
  Task choose_from_mix();

  Scenario scenario_;
  struct Share {
    double up_to;
    Task task;
  };
  std::array<Share, 5> shares_;
  Random random_;
};

}  // namespace tandem6::blast
