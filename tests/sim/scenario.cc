#include "tests/sim/scenario.h"

#include <fmt/format.h>

#include "tests/sim/random.h"

namespace tandem6::sim {

Scenario Scenario::draw(uint64_t seed) {
  Random random(seed * 0x2545f4914f6cdd1d + 1);
  const auto often = [&](unsigned per_mille) {
    return random.chance(per_mille) ? static_cast<unsigned>(random.between(1, 10)) : 0U;
  };
  Scenario it;
  it.seed = seed;
  it.mclt = static_cast<uint32_t>(random.between(40, 120));
  it.valid = static_cast<uint32_t>(random.between(120, 600));
  it.keepalive = static_cast<uint32_t>(random.between(6, 20));
  it.startup = static_cast<uint32_t>(random.between(10, 15));
  it.scan_interval = static_cast<uint32_t>(random.between(10, 60));
  it.max_unacked = static_cast<uint32_t>(random.chance(300) ? 1 : random.between(2, 16));
  it.start_partner_down = random.chance(100);
  it.clients = static_cast<unsigned>(random.between(4, 24));
  it.dense_addresses = 2 * (it.clients + static_cast<uint32_t>(random.between(2, 8)));
  it.pd_pool_length = static_cast<uint8_t>(random.chance(200) ? 46 : 56 - random.between(5, 7));
  it.lowest_first = random.chance(500);
  it.decline_probation = static_cast<uint32_t>(random.between(30, 120));
  for (unsigned& workers : it.workers) workers = static_cast<unsigned>(random.between(1, 3));

  it.loss = random.chance(500) ? static_cast<unsigned>(random.between(1, 100)) : 0;
  it.duplicate = random.chance(300) ? 50 : 0;
  it.release = random.chance(600) ? static_cast<unsigned>(random.between(10, 300)) : 0;
  it.reboot = random.chance(500) ? static_cast<unsigned>(random.between(10, 150)) : 0;
  it.decline = random.chance(300) ? static_cast<unsigned>(random.between(10, 60)) : 0;
  it.move = random.chance(300) ? static_cast<unsigned>(random.between(10, 60)) : 0;
  it.partial_reach = random.chance(300) ? static_cast<unsigned>(random.between(50, 300)) : 0;

  it.duration = random.between(300, 1500);
  it.fault_every_low = random.between(5, 40);
  it.fault_every_high = it.fault_every_low + random.between(10, 200);
  if (random.chance(700)) {
    for (int64_t& skew : it.skew) skew = static_cast<int64_t>(random.between(0, 4000)) - 2000;
  }
  it.disk_delay = random.between(1, 30);
  it.net_delay = random.between(1, 60);
  it.most_reconnect_pause = random.between(1000, 5000);

  it.crash = often(700);
  it.stop = often(300);
  it.lost_disk = random.chance(300) ? static_cast<unsigned>(random.between(100, 600)) : 0;
  it.cut = often(500);
  it.partition = often(600);
  it.one_way = often(400);
  it.client_link = often(400);
  it.slow_disk = often(400);
  it.clock_step = often(300);
  it.clock_jump = often(100);
  it.resync = often(300);
  it.partner_down = random.chance(400) ? static_cast<unsigned>(random.between(200, 900)) : 0;
  if (random.chance(100)) {
    it.wrong_partner_down = static_cast<unsigned>(random.between(1, 5));
  } else if (random.chance(100)) {
    it.auto_partner_down = static_cast<uint32_t>(random.between(20, 100));
  }
  // Last, so that the scenarios of older seeds stay what they were.
  if (it.wrong_partner_down == 0 && it.auto_partner_down == 0) it.orphaning = often(250);
  it.full_disk = often(200);
  if (random.chance(150)) it.disk_delay = random.between(200, 1000);
  it.other_version = often(200);
  it.churn = random.chance(150) ? static_cast<unsigned>(random.between(100, 700)) : 0;
  it.resize = random.chance(120) ? static_cast<unsigned>(random.between(200, 900)) : 0;
  if (it.resize != 0) {
    it.pd_pool_length = 48;  // beyond this size its blocks grow with it
    it.stop += 5;
    it.partition += 5;
  }
  return it;
}

std::string Scenario::text() const {
  return fmt::format(
      "mclt {} valid {} keepalive {} startup {} scan {} max-unacked {} auto-partner-down {} start-partner-down {} "
      "addresses {} pd /{} {} workers {},{}; clients {} loss {} release {} churn {} reboot {} decline {} move {} reach "
      "{}; {} "
      "s, "
      "faults every {}-{} s: crash {} stop {} lost-disk {} cut {} partition {} one-way {} client-link {} slow-disk {} "
      "full-disk {} "
      "clock {},{} other-version {} orphaning {} resync {} resize {} partner-down {} wrongly {}; skew {},{} disk {} "
      "net {}",
      mclt, valid, keepalive, startup, scan_interval, max_unacked, auto_partner_down, start_partner_down,
      dense_addresses, pd_pool_length, lowest_first ? "lowest" : "hashed", workers[0], workers[1], clients, loss,
      release, churn, reboot, decline, move, partial_reach, duration, fault_every_low, fault_every_high, crash, stop,
      lost_disk, cut, partition, one_way, client_link, slow_disk, full_disk, clock_step, clock_jump, other_version,
      orphaning, resync, resize, partner_down, wrong_partner_down, skew[0], skew[1], disk_delay, net_delay);
}

}  // namespace tandem6::sim
