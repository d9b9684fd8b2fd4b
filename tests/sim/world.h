// All there is in a run: two servers, the channel between them, clients, and what goes wrong.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "tests/sim/channel.h"
#include "tests/sim/client.h"
#include "tests/sim/event_queue.h"
#include "tests/sim/journal.h"
#include "tests/sim/scenario.h"
#include "tests/sim/server.h"

namespace tandem6::sim {

class World {
 public:
  World(const Scenario& scenario, bool verbose);

  /// The whole run. False: an invariant is violated.
  bool run();

  const Scenario& scenario() const { return scenario_; }
  EventQueue& events() { return events_; }
  Journal& journal() { return journal_; }
  Channel& channel() { return channel_; }
  Server& server(unsigned side) { return *servers_[side]; }

  // --- the clients' network ---
  void to_servers(unsigned client, const testing::Octets& message);
  void to_client(unsigned server, unsigned client, const testing::Octets& message);
  bool reaches(unsigned client, unsigned server) const;

  // --- what is believed ---
  /// A client begins to believe that it holds this. I1.
  void granted(unsigned client, const lease::LeaseKey& key);
  void met() { ever_met_ = true; }
  bool ever_met() const { return ever_met_; }
  /// Somebody was wrong about a partner that is down: two servers served in a way that §8.4 forbids.
  bool is_excused() const { return excused_; }
  /// One server may have pools for a lease and the other none: nobody else than the first can know it.
  bool may_differ() const { return scenario_.resize != 0; }
  bool is_frozen() const { return frozen_; }

 private:
  void advance(uint64_t until);
  void watch();
  void next_fault();
  void inject();
  void crash(unsigned side, bool in_order);
  void orphan(unsigned side);
  void restart(unsigned side);
  void block_for(bool forth, bool back, uint64_t milliseconds);
  void say_partner_down(unsigned survivor, uint64_t crashed_at);
  void declare_partner_down(unsigned side);
  void end_faults();
  void come_to_rest();
  bool is_normal();
  void check_equal();
  std::string differences();
  std::string state_text();

  Scenario scenario_;
  EventQueue events_;
  Journal journal_;
  Random random_;
  Channel channel_;
  std::array<std::unique_ptr<Server>, 2> servers_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::array<bool, 2> client_link_down_{};
  std::array<uint64_t, 2> crashes_{};
  std::array<bool, 2> disk_lost_{};  // since both were NORMAL
  std::array<bool, 2> was_alone_{};  // in PARTNER-DOWN, since both were NORMAL
  std::array<bool, 2> apart_{};      // likewise, and they have not met since
  bool faults_ = true;
  bool excused_ = false;
  bool clock_has_jumped_ = false;  // by more than the servers tolerate
  bool ever_met_ = false;
  bool frozen_ = false;  // clients are silent
  uint64_t blocks_ = 0;  // counts partitions: the last one is lifted by its own end only
};

}  // namespace tandem6::sim
