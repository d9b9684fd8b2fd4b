#include "control/commands/statistics.h"

#include <array>
#include <cstdlib>

#include <fmt/format.h>

#include "dataplane/wire/codes.h"

namespace tandem6::control {
namespace {

using lease::Counters;
using lease::DropReason;
using wire::MessageType;

constexpr std::string_view kParseFailed = "pkt6-parse-failed";
constexpr std::string_view kNotForUs = "pkt6-not-for-us";
constexpr std::string_view kRfcViolation = "pkt6-rfc-violation";
constexpr std::string_view kQueueFull = "pkt6-queue-full";
constexpr std::string_view kLimitExceeded = "pkt6-limit-exceeded";
constexpr std::string_view kProcessingFailed = "pkt6-processing-failed";

struct TypeName {
  MessageType type;
  std::string_view name;
};
constexpr TypeName kReceivedNames[] = {
    {MessageType::kSolicit, "pkt6-solicit-received"},
    {MessageType::kAdvertise, "pkt6-advertise-received"},
    {MessageType::kRequest, "pkt6-request-received"},
    {MessageType::kConfirm, "pkt6-confirm-received"},
    {MessageType::kRenew, "pkt6-renew-received"},
    {MessageType::kRebind, "pkt6-rebind-received"},
    {MessageType::kReply, "pkt6-reply-received"},
    {MessageType::kRelease, "pkt6-release-received"},
    {MessageType::kDecline, "pkt6-decline-received"},
    {MessageType::kReconfigure, "pkt6-reconfigure-received"},
    {MessageType::kInformationRequest, "pkt6-infrequest-received"},
};
constexpr TypeName kSentNames[] = {
    {MessageType::kAdvertise, "pkt6-advertise-sent"},
    {MessageType::kReply, "pkt6-reply-sent"},
    {MessageType::kReconfigure, "pkt6-reconfigure-sent"},
};

// Dropped before anybody knew which message it was, so not among the received by type.
constexpr DropReason kBeforeType[] = {DropReason::kTruncated, DropReason::kFragment,  DropReason::kBadChecksum,
                                      DropReason::kNotForUs,  DropReason::kMalformed, DropReason::kTooManyRelays};

// The counters of all workers in one.
struct Totals {
  std::array<uint64_t, Counters::kTypes> received{};
  std::array<uint64_t, Counters::kTypes> sent{};
  std::array<uint64_t, lease::kDropReasonCount> dropped{};

  void add(const Counters& counters) {
    for (size_t i = 0; i < received.size(); ++i) received[i] += counters.received[i].read();
    for (size_t i = 0; i < sent.size(); ++i) sent[i] += counters.sent[i].read();
    for (size_t i = 0; i < dropped.size(); ++i) dropped[i] += counters.dropped[i].read();
  }
  uint64_t of(DropReason reason) const { return dropped[static_cast<size_t>(reason)]; }
};

uint64_t sum(const auto& numbers) {
  uint64_t total = 0;
  for (const uint64_t number : numbers) total += number;
  return total;
}

void add_packets(Statistics& all, const Totals& totals) {
  uint64_t unknown = sum(totals.received);
  all["pkt6-received"] = unknown;
  for (const DropReason reason : kBeforeType) all["pkt6-received"] += totals.of(reason);
  for (const auto& [type, name] : kReceivedNames) {
    const uint64_t count = totals.received[static_cast<size_t>(type)];
    all[std::string(name)] = count;
    unknown -= count;
  }
  all["pkt6-unknown-received"] = unknown;
  all["pkt6-sent"] = sum(totals.sent);
  for (const auto& [type, name] : kSentNames) all[std::string(name)] = totals.sent[static_cast<size_t>(type)];
  // DHCPv4-over-DHCPv6: exporters for Kea expect the names.
  for (const char* name :
       {"pkt6-dhcpv4-query-received", "pkt6-dhcpv4-response-received", "pkt6-dhcpv4-response-sent"}) {
    all[name] = 0;
  }
}

void add_drops(Statistics& all, const Totals& totals) {
  for (const std::string_view name :
       {kParseFailed, kNotForUs, kRfcViolation, kQueueFull, kLimitExceeded, kProcessingFailed}) {
    all[std::string(name)] = 0;
  }
  U128& dropped = all["pkt6-receive-drop"];
  for (size_t i = 1; i < lease::kDropReasonCount; ++i) {
    const auto reason = static_cast<DropReason>(i);
    const uint64_t count = totals.dropped[i];
    all[fmt::format("tandem6.drop.{}", lease::to_string(reason))] = count;
    const std::string_view name = kea_drop_statistic(reason);
    if (name.empty()) continue;
    all[std::string(name)] += count;
    dropped += count;
  }
}

void add_workers(Statistics& all, const std::vector<WorkerStatus>& workers) {
  for (const char* name : {"reclaimed-leases", "reclaimed-declined-addresses"}) all[name] = 0;
  for (const WorkerStatus& worker : workers) {
    all["tandem6.leases"] += worker.leases;
    all["tandem6.clients"] += worker.clients;
    all["tandem6.memory"] += worker.memory;
    all["tandem6.waiting-replies"] += worker.waiting_replies;
    if (worker.counters == nullptr) continue;
    const Counters& counters = *worker.counters;
    all["reclaimed-leases"] += counters.expired.read();
    all["reclaimed-declined-addresses"] += counters.released_quarantine.read();
    all["tandem6.frames-received"] += counters.frames_received.read();
    all["tandem6.frames-sent"] += counters.frames_sent.read();
    all["tandem6.fragments-received"] += counters.fragments_received.read();
    all["tandem6.fragments-sent"] += counters.fragments_sent.read();
    all["tandem6.reassembled"] += counters.reassembled.read();
    all["tandem6.from-kernel"] += counters.from_kernel.read();
    all["tandem6.to-kernel"] += counters.to_kernel.read();
    all["tandem6.relayed"] += counters.relayed.read();
    all["tandem6.handed-over"] += counters.handed_over.read();
    all["tandem6.partial-checksums"] += counters.partial_checksums.read();
    all["tandem6.failed-expressions"] += counters.failed_expressions.read();
  }
}

void add_disk_and_ports(Statistics& all, const Server& server) {
  const storage::CommitterStatus disk = server.committer();
  all["tandem6.disk.failing"] = disk.failing ? 1 : 0;
  all["tandem6.disk.commits"] = disk.commits;
  all["tandem6.disk.changes"] = disk.changes;
  all["tandem6.disk.failures"] = disk.failures;
  all["tandem6.disk.pending"] = disk.pending;
  all["tandem6.disk.last-commit-microseconds"] = disk.last_commit_microseconds;
  all["tandem6.disk.max-commit-microseconds"] = disk.max_commit_microseconds;
  for (const PortStatus& port : server.ports()) {
    all[fmt::format("tandem6.port[{}].missed", port.name)] = port.missed;
    all[fmt::format("tandem6.port[{}].link-up", port.name)] = port.link_up ? 1 : 0;
    all[fmt::format("tandem6.port[{}].exception-path-drops", port.name)] = port.exception_drops;
  }
}

void add_failover(Statistics& all, const Server& server) {
  for (const failover::RelationshipStatus& status : server.failover()) {
    const auto figure = [&](std::string_view name) -> U128& {
      return all[fmt::format("tandem6.failover[{}].{}", status.name, name)];
    };
    figure("state") = static_cast<uint8_t>(status.state);
    figure("partner-state") = static_cast<uint8_t>(status.partner);
    figure("communicating") = status.communicating ? 1 : 0;
    figure("skew-seconds") = static_cast<uint64_t>(std::abs(status.skew_seconds));
    figure("updates-sent") = status.updates_sent;
    figure("updates-acked") = status.updates_acked;
    figure("updates-rejected") = status.updates_rejected;
    figure("updates-received") = status.updates_received;
    figure("updates-refused") = status.updates_refused;
    figure("unacked") = status.unacked;
    figure("backlog") = status.backlog;
    figure("lag-milliseconds") = status.lag_milliseconds;
    figure("conflicts") = status.conflicts;
    figure("messages-sent") = status.messages_sent;
    figure("messages-received") = status.messages_received;
    figure("messages-malformed") = status.malformed;
  }
}

U128 units(const std::vector<lease::Pool>& pools) {
  U128 total = 0;
  for (const lease::Pool& pool : pools) {
    const U128 span = pool.last.number() - pool.first.number();
    total += (pool.unit_length == 0 ? 0 : span >> (128 - pool.unit_length)) + 1;
  }
  return total;
}

// A worker counts up before another one counts down: for a moment a sum can be below zero.
U128 not_negative(int64_t number) { return number < 0 ? 0 : static_cast<U128>(number); }

void add_subnet(Statistics& all, const lease::Subnet& subnet) {
  int64_t addresses = 0;
  int64_t prefixes = 0;
  int64_t declined = 0;
  std::map<std::string_view, U128> figures = {{"total-nas", units(subnet.address_pools)},
                                              {"total-pds", units(subnet.prefix_pools)},
                                              {"cumulative-assigned-nas", 0},
                                              {"cumulative-assigned-pds", 0},
                                              {"v6-allocation-fail", 0},
                                              {"v6-ia-na-lease-reuses", 0},
                                              {"v6-ia-pd-lease-reuses", 0}};
  if (subnet.counters) {
    for (const auto& cell : subnet.counters->cells) {
      addresses += cell.addresses.load(std::memory_order_relaxed);
      prefixes += cell.prefixes.load(std::memory_order_relaxed);
      declined += cell.declined.load(std::memory_order_relaxed);
      figures["cumulative-assigned-nas"] += cell.addresses_assigned.load(std::memory_order_relaxed);
      figures["cumulative-assigned-pds"] += cell.prefixes_assigned.load(std::memory_order_relaxed);
      figures["v6-ia-na-lease-reuses"] += cell.address_reuses.load(std::memory_order_relaxed);
      figures["v6-ia-pd-lease-reuses"] += cell.prefix_reuses.load(std::memory_order_relaxed);
      figures["v6-allocation-fail"] += cell.allocation_failures.load(std::memory_order_relaxed);
    }
  }
  // As Kea has it: a declined address is still assigned, because the pool lacks it.
  figures["assigned-nas"] = not_negative(addresses + declined);
  figures["assigned-pds"] = not_negative(prefixes);
  figures["declined-addresses"] = not_negative(declined);
  for (const auto& [name, value] : figures) {
    all[fmt::format("subnet[{}].{}", subnet.id, name)] = value;
    all[std::string(name)] += value;
  }
}

}  // namespace

std::string_view kea_drop_statistic(DropReason reason) {
  switch (reason) {
    case DropReason::kNone:
    case DropReason::kCount:
    case DropReason::kNotDhcp:
    case DropReason::kKernelBusy:
      return {};
    case DropReason::kTruncated:
    case DropReason::kFragment:
    case DropReason::kBadChecksum:
    case DropReason::kMalformed:
    case DropReason::kTooManyRelays:
    case DropReason::kBadDuid:
      return kParseFailed;
    case DropReason::kNotForUs:
    case DropReason::kOtherServer:
      return kNotForUs;
    case DropReason::kUnknownType:
    case DropReason::kNoClientId:
    case DropReason::kNoServerId:
    case DropReason::kUnexpectedServerId:
    case DropReason::kUnexpectedOption:
    case DropReason::kNothingAsked:
      return kRfcViolation;
    case DropReason::kLogFull:
    case DropReason::kStale:
    case DropReason::kShed:
    case DropReason::kRingFull:
      return kQueueFull;
    case DropReason::kRateLimited:
      return kLimitExceeded;
    case DropReason::kClassDrop:
    case DropReason::kNotResponsive:
    case DropReason::kNoSubnet:
    case DropReason::kNoBinding:
    case DropReason::kReplyTooBig:
    case DropReason::kNoBuffer:
      return kProcessingFailed;
  }
  return kProcessingFailed;
}

Statistics collect_statistics(const Server& server) {
  Statistics all;
  Totals totals;
  const std::vector<WorkerStatus> workers = server.workers();
  for (const WorkerStatus& worker : workers) {
    if (worker.counters != nullptr) totals.add(*worker.counters);
  }
  add_packets(all, totals);
  add_drops(all, totals);
  add_workers(all, workers);
  add_disk_and_ports(all, server);
  add_failover(all, server);
  for (const lease::Subnet& subnet : server.snapshot().subnets()) add_subnet(all, subnet);
  return all;
}

}  // namespace tandem6::control
