// What the control tests share: a server that is made of plain data and a real database.
#pragma once

#include <doctest/doctest.h>
#include <stdlib.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "control/commands/commands.h"
#include "control/reconfigure/reconfigurer.h"
#include "control/server.h"

namespace tandem6::control {

/// A fresh directory, gone with the object.
class TemporaryDirectory {
 public:
  TemporaryDirectory() : path_("/tmp/tandem6-control-XXXXXX") { REQUIRE(mkdtemp(path_.data()) != nullptr); }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }

 private:
  std::string path_;
};

inline Ipv6Address ip(std::string_view text) {
  const auto address = Ipv6Address::parse(text);
  REQUIRE(address);
  return *address;
}

inline lease::LeaseRecord address_lease(std::string_view address, std::string_view duid, uint32_t subnet = 1) {
  lease::LeaseRecord record;
  record.key = {lease::LeaseType::kAddress, 128, ip(address)};
  record.iaid = 7;
  record.subnet_id = subnet;
  record.preferred = Seconds{3000};
  record.valid = Seconds{4000};
  record.last_contact = AbsoluteTime::from_unix(std::time(nullptr));
  record.duid = Duid::parse(duid).value();
  return record;
}

inline lease::LeaseRecord prefix_lease(std::string_view address, uint8_t length, std::string_view duid,
                                       uint32_t subnet = 1) {
  lease::LeaseRecord record = address_lease(address, duid, subnet);
  record.key = {lease::LeaseType::kPrefix, length, ip(address)};
  return record;
}

class FakeServer : public Server {
 public:
  FakeServer() {
    auto opened = storage::Store::open(directory_ / "db");
    REQUIRE_MESSAGE(opened, (opened ? "" : opened.error().message));
    store_ = std::move(*opened);
    counters = std::make_shared<lease::SubnetCounters>(2);
    config.source = nlohmann::json::parse(R"({"Dhcp6": {"subnet6": [
      {"id": 1, "subnet": "2001:db8:1::/64", "pools": [{"pool": "2001:db8:1::/64"}], "user-context": {"a": 1}},
      {"id": 2, "subnet": "2001:db8:2::/64"}]}})");
    for (const uint32_t id : {1U, 2U}) {
      SubnetConfig& subnet = config.subnets.emplace_back();
      subnet.id = id;
      subnet.prefix = subnet_prefix(id);
    }
    rebuild_snapshot();
    for (const unsigned index : {0U, 1U}) {
      WorkerStatus& worker = worker_list.emplace_back();
      worker.core = 2 + index;
      worker.leases = 10;
      worker.clients = 8;
      worker.memory = 1024;
      worker.counters = &worker_counters[index];
    }
    port_list = {{"client0", "0000:3b:00.0", "02:00:00:00:00:01", "net_fake", true, 3, 1500, "rss", "t6-client0", 0}};
  }

  void put(const std::vector<lease::LeaseRecord>& records) {
    storage::Store::Batch batch;
    for (const auto& record : records) batch.add({lease::LeaseChange::Kind::kPut, record});
    REQUIRE(store_->write(batch, false));
  }

  void remember(std::string_view duid, Bytes client_data) {
    storage::Store::Batch batch;
    lease::LeaseChange change{.kind = lease::LeaseChange::Kind::kRemember, .record = {}, .client_data = client_data};
    change.record.duid = Duid::parse(duid).value();
    batch.add(change);
    REQUIRE(store_->write(batch, false));
  }

  const Configuration& configuration() const override { return config; }
  std::string configuration_path() const override { return path; }
  std::vector<Remark> missing_here(const Configuration&) const override { return missing; }
  tl::expected<std::vector<std::string>, Error> apply(ConfigResult read, const std::string&, LostLeases lost) override {
    if (!read.configuration) {
      std::string all;
      for (const Remark& remark : read.remarks) all += remark.to_string("given") + "\n";
      return tl::unexpected(Error{all});
    }
    applied = std::move(read.configuration);
    lost_leases = lost;
    return reload_warnings;
  }
  tl::expected<std::vector<std::string>, Error> reload(LostLeases lost) override {
    lost_leases = lost;
    if (!reload_error.empty()) return tl::unexpected(Error{reload_error});
    ++reloads;
    return reload_warnings;
  }
  const lease::Snapshot& snapshot() const override { return *snapshot_; }
  std::vector<PortStatus> ports() const override { return port_list; }
  std::vector<WorkerStatus> workers() const override { return worker_list; }
  storage::CommitterStatus committer() const override { return disk; }
  storage::Store& store() override { return *store_; }
  void allow_queries(const Ipv6Prefix& requesters) {
    config.lease_query.requesters.push_back(requesters);
    rebuild_snapshot();
  }
  bool run_at_owner(unsigned, const lease::Errand& errand) override { return run_at_all_workers(errand); }
  bool run_at_all_workers(const lease::Errand& errand) override {
    if (workers_run) errand({group, *snapshot_, now(), &send});
    if (!disk.failing) commit();
    return workers_run;
  }
  /// What errands changed is on the disk when they are done.
  void commit() {
    storage::Store::Batch batch;
    const uint64_t last = group.log().drain(SIZE_MAX, [&](const lease::LeaseChange& change) { batch.add(change); });
    if (batch.count() != 0) REQUIRE(store_->write(batch, false));
    group.log().publish_committed(last);
    group.settle(*snapshot_);
  }
  std::vector<failover::RelationshipStatus> failover() const override { return relationships; }
  tl::expected<void, Error> failover_command(const std::string& relationship,
                                             failover::OperatorCommand command) override {
    if (!failover_error.empty()) return tl::unexpected(Error{failover_error});
    failover_commands.emplace_back(relationship, command);
    return {};
  }
  Reconfigurer& reconfigurer() override { return reconfigurer_; }
  uint64_t started_unix() const override { return static_cast<uint64_t>(clock - uptime); }
  uint64_t reloaded_unix() const override { return static_cast<uint64_t>(clock - 60); }
  AbsoluteTime now() const override { return AbsoluteTime::from_unix(clock); }
  void shut_down() override { ++shutdowns; }

  Configuration config;
  std::string path = "/etc/tandem6/tandem6.json";
  std::vector<PortStatus> port_list;
  std::vector<WorkerStatus> worker_list;
  lease::Counters worker_counters[2];
  std::shared_ptr<lease::SubnetCounters> counters;  ///< of subnet 1
  storage::CommitterStatus disk;
  int64_t clock = std::time(nullptr);
  int64_t uptime = 3725;
  std::string reload_error;
  std::vector<std::string> reload_warnings;
  std::vector<Remark> missing;
  bool workers_run = true;
  lease::ShardGroup group{0, 1, lease::HashKey{1, 2}, 1024};  ///< what errands find
  /// What errands sent.
  struct Sent {
    lease::ReturnPath way;
    std::vector<std::byte> datagram;
  };
  std::vector<Sent> sent;
  bool sending_works = true;
  lease::Send send = [this](const lease::Outgoing& outgoing) {
    if (sending_works) sent.push_back({outgoing.way, {outgoing.datagram.begin(), outgoing.datagram.end()}});
    return sending_works;
  };
  int reloads = 0;
  std::optional<Configuration> applied;  ///< the last one
  LostLeases lost_leases = LostLeases::kWarn;
  int shutdowns = 0;
  std::vector<failover::RelationshipStatus> relationships;
  std::string failover_error;
  std::vector<std::pair<std::string, failover::OperatorCommand>> failover_commands;  ///< those that were done

 private:
  static Ipv6Prefix subnet_prefix(uint32_t id) {
    return Ipv6Prefix::parse("2001:db8:" + std::to_string(id) + "::/64").value();
  }

  lease::Pool pool(lease::LeaseType type, uint8_t unit_length, std::string_view first, std::string_view last) {
    lease::Pool made;
    made.type = type;
    made.unit_length = unit_length;
    made.first = ip(first);
    made.last = ip(last);
    made.text = fmt::format("{}-{}", first, last);
    const U128 units = ((made.last.number() - made.first.number()) >> (128U - unit_length)) + 1;
    if (units <= lease::DensePool::kMaxUnits)
      made.space = book_.dense(type, made.first, unit_length, static_cast<uint32_t>(units));
    else
      made.space = book_.sparse(made.first, made.last);
    return made;
  }

  static lease::Subnet subnet(uint32_t id, std::shared_ptr<lease::SubnetCounters> counts) {
    lease::Subnet made;
    made.id = id;
    made.prefix = subnet_prefix(id);
    made.counters = std::move(counts);
    return made;
  }

  // Subnet 1: all of a /64, and the 65536 /56 of 2001:db8:f000::/40. Subnet 2: 16 addresses.
  void rebuild_snapshot() {
    using enum lease::LeaseType;
    std::vector<lease::Subnet> subnets;
    lease::Subnet& large = subnets.emplace_back(subnet(1, counters));
    large.address_pools.push_back(pool(kAddress, 128, "2001:db8:1::", "2001:db8:1:0:ffff:ffff:ffff:ffff"));
    large.prefix_pools.push_back(pool(kPrefix, 56, "2001:db8:f000::", "2001:db8:f0ff:ffff:ffff:ffff:ffff:ffff"));
    lease::Subnet& small = subnets.emplace_back(subnet(2, std::make_shared<lease::SubnetCounters>(2)));
    small.address_pools.push_back(pool(kAddress, 128, "2001:db8:2::10", "2001:db8:2::1f"));
    lease::Snapshot::Content content;
    content.server_duid = Duid::parse("00:03:00:01:02:00:00:00:00:01").value();
    content.subnets = std::move(subnets);
    content.decline_probation = Seconds{3600};
    content.leasequery_requesters = config.lease_query.requesters;
    snapshot_ = std::make_unique<lease::Snapshot>(std::move(content));
  }

  lease::PoolBook book_;
  TemporaryDirectory directory_;
  std::unique_ptr<storage::Store> store_;
  std::unique_ptr<lease::Snapshot> snapshot_;
  Reconfigurer reconfigurer_{*this};
};

inline nlohmann::json run(Server& server, const std::string& name, const nlohmann::json& arguments = nullptr) {
  nlohmann::json command = {{"command", name}};
  if (!arguments.is_null()) command["arguments"] = arguments;
  return run_command(server, command);
}

inline bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace tandem6::control
