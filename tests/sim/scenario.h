// One run, drawn from its seed: how the pair is configured, and what goes wrong.
#pragma once

#include <cstdint>
#include <string>

namespace tandem6::sim {

struct Scenario {
  uint64_t seed = 0;

  // the configuration, the same on both servers but for what is of each
  uint32_t mclt = 60;
  uint32_t valid = 300;
  uint32_t keepalive = 10;
  uint32_t startup = 10;
  uint32_t scan_interval = 20;
  uint32_t max_unacked = 16;
  uint32_t auto_partner_down = 0;  ///< 0: not configured
  bool start_partner_down = false;
  uint32_t dense_addresses = 64;  ///< of link 0; link 1 has a sparse /64
  uint8_t pd_pool_length = 52;    ///< a /56 is delegated out of it
  bool lowest_first = false;      ///< the allocator that gives a unit again as soon as it can
  uint32_t decline_probation = 60;
  unsigned workers[2] = {1, 1};

  // clients
  unsigned clients = 12;
  unsigned loss = 0;       ///< per mille of client messages
  unsigned duplicate = 0;  ///< likewise
  unsigned release = 0;    ///< per mille, at each renewal
  unsigned churn = 0;      ///< per mille of those served, who release at once and come back at once
  unsigned reboot = 0;
  unsigned decline = 0;
  unsigned move = 0;
  unsigned partial_reach = 0;  ///< per mille of clients that for a time reach only one server

  // the world
  uint64_t duration = 1200;       ///< seconds with faults
  uint64_t fault_every_low = 20;  ///< seconds between faults
  uint64_t fault_every_high = 120;
  int64_t skew[2] = {0, 0};  ///< milliseconds
  uint64_t disk_delay = 5;   ///< milliseconds, at most
  uint64_t net_delay = 20;   ///< between the partners
  uint64_t most_reconnect_pause = 5000;

  // faults: how often each is drawn among the others; 0: never
  unsigned crash = 0;
  unsigned stop = 0;       ///< in good order
  unsigned lost_disk = 0;  ///< per mille of crashes
  unsigned cut = 0;
  unsigned partition = 0;
  unsigned one_way = 0;
  unsigned client_link = 0;
  unsigned slow_disk = 0;
  unsigned full_disk = 0;
  unsigned clock_step = 0;     ///< within the tolerance
  unsigned clock_jump = 0;     ///< beyond it, for a time
  unsigned other_version = 0;  ///< a partner whose messages have options that are not known yet
  unsigned orphaning = 0;      ///< one that is cut off, then dead, was all that some clients reached
  unsigned resync = 0;
  unsigned resize = 0;              ///< per mille of restarts: with a larger pd-pool; the other server follows some day
  unsigned partner_down = 0;        ///< per mille of crashes: the operator says that the partner is down
  unsigned wrong_partner_down = 0;  ///< the operator says so while it is not

  unsigned faults() const {
    return crash + stop + cut + partition + one_way + client_link + slow_disk + full_disk + clock_step + clock_jump +
           other_version + orphaning + resync + wrong_partner_down;
  }
  /// In one line.
  std::string text() const;

  static Scenario draw(uint64_t seed);
};

}  // namespace tandem6::sim
