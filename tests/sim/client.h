// A client as RFC 8415 has it. Believes what it was told, by true time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dataplane/lease/record.h"
#include "tests/sim/random.h"
#include "tests/support/server_fixture.h"

namespace tandem6::sim {

class World;

class Client {
 public:
  Client(World& world, unsigned number, Random random);

  void start();
  void received(unsigned server, const testing::Octets& message);
  /// Since when it has been holding all that it wants; nothing when it does not.
  bool is_served() const;
  bool holds(const lease::LeaseKey& key) const;
  /// Was each of its leases given for at least so many seconds the last time?
  bool was_given(uint32_t valid) const;
  /// Only this server is in its reach; 2: both are.
  void set_reach(unsigned reach) { reach_ = reach; }
  bool reaches(unsigned server) const { return reach_ == 2 || reach_ == server; }
  uint16_t link() const { return link_; }
  const testing::Octets& duid() const { return duid_; }
  std::string name() const;
  std::string text() const;

 private:
  enum class Phase : uint8_t { kIdle, kSoliciting, kRequesting, kBound, kRenewing, kRebinding, kReleasing, kDeclining };
  struct Held {
    lease::LeaseKey key;
    uint32_t iaid;
    uint64_t until;  // true time
    uint32_t valid;  // seconds that it was given for
    unsigned giver;
    uint64_t losses;  // how often the giver had lost its disk by then
  };

  void enter(Phase phase);
  void after(uint64_t delay, void (Client::*what)());
  void act();
  void transmit(uint8_t type, bool to_one);
  testing::Octets ias(bool with_leases) const;
  testing::Octets fqdn() const;
  void solicit();
  void choose();
  void bind(unsigned server, const testing::Response& reply);
  void take_ia(unsigned server, const testing::ReadIa& ia);
  void bound(const testing::Response& reply);
  void renew();
  bool happens(unsigned per_mille);
  void expect_answer(uint8_t type);
  void release();
  void give_up(const Held& held);
  void drop_expired();
  uint64_t last_end() const;
  bool wants(uint16_t code) const { return code == 3 ? wants_address_ : wants_prefix_; }
  bool is_renewal() const { return phase_ == Phase::kRenewing || phase_ == Phase::kRebinding; }

  World& world_;
  unsigned number_;
  Random random_;
  testing::Octets duid_;
  bool wants_address_;
  bool wants_prefix_;
  bool has_name_;       // says so to the server (RFC 4704)
  unsigned boots_ = 0;  // its name changes with each
  uint16_t link_ = 0;
  unsigned reach_ = 2;
  Phase phase_ = Phase::kIdle;
  uint64_t generation_ = 0;
  uint32_t transaction_ = 0;
  unsigned attempts_ = 0;
  unsigned unanswered_ = 0;  // that somebody should have answered
  std::vector<Held> held_;
  testing::Octets server_duid_;
  std::vector<Held> given_up_;
  struct Offer {
    testing::Octets server;
    std::vector<Held> leases;
  };
  std::vector<Offer> offers_;
  std::vector<Held> wished_;
  uint64_t t1_ = 0;
  uint64_t t2_ = 0;
  bool got_new_ = false;
};

}  // namespace tandem6::sim
