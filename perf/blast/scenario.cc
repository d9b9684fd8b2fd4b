#include "perf/blast/scenario.h"

#include <fmt/format.h>

#include <charconv>

namespace tandem6::blast {
namespace {

constexpr std::array<std::string_view, 7> kNames = {"four-way", "rapid-commit", "solicit", "renew",
                                                    "release",  "mixed",        "reboot"};

struct Part {
  std::string_view name;
  double Mix::* share;
  Task task;
};
constexpr std::array<Part, 5> kParts = {{
    {"renew", &Mix::renew, Task::kRenew},
    {"rebind", &Mix::rebind, Task::kRebind},
    {"release", &Mix::release, Task::kRelease},
    {"reboot", &Mix::reboot, Task::kFourWay},
    {"information-request", &Mix::information, Task::kInformationRequest},
}};

Error bad_share(std::string_view item) {
  return Error{
      fmt::format("\"{}\" is no share of a mix: write NAME=NUMBER, with the names renew, rebind, release, reboot, "
                  "information-request",
                  item)};
}

}  // namespace

std::optional<Scenario> scenario_named(std::string_view name) {
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<Scenario>(i);
  }
  return std::nullopt;
}

std::string_view to_string(Scenario scenario) { return kNames[static_cast<size_t>(scenario)]; }

bool needs_leases(Scenario scenario) { return scenario >= Scenario::kRenew; }

tl::expected<Mix, Error> Mix::parse(std::string_view text) {
  Mix mix{.renew = 0, .rebind = 0, .release = 0, .reboot = 0, .information = 0};
  double sum = 0;
  while (!text.empty()) {
    const std::string_view item = text.substr(0, text.find(','));
    text.remove_prefix(std::min(item.size() + 1, text.size()));
    const size_t equals = item.find('=');
    if (equals == std::string_view::npos) return tl::unexpected(bad_share(item));
    const std::string_view number = item.substr(equals + 1);
    double share = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), share);
    if (error != std::errc{} || end != number.data() + number.size() || !(share >= 0 && share < 1e9)) {
      return tl::unexpected(bad_share(item));
    }
    bool known = false;
    for (const Part& part : kParts) {
      if (part.name != item.substr(0, equals)) continue;
      mix.*part.share = share;
      known = true;
    }
    if (!known) return tl::unexpected(bad_share(item));
    sum += share;
  }
  if (sum == 0) return tl::unexpected(Error{"a mix needs a share that is not 0"});
  return mix;
}

std::string Mix::to_string() const {
  std::string text;
  for (const Part& part : kParts) text += fmt::format("{}{}={}", text.empty() ? "" : ",", part.name, this->*part.share);
  return text;
}

TaskChooser::TaskChooser(Scenario scenario, const Mix& mix, uint64_t seed)
    : scenario_(scenario), shares_{}, random_(seed) {
  double sum = 0;
  for (size_t i = 0; i < kParts.size(); ++i) {
    sum += mix.*kParts[i].share;
    shares_[i] = {sum, kParts[i].task};
  }
}

Task TaskChooser::choose(const Client& client) {
  switch (scenario_) {
    case Scenario::kFourWay:
    case Scenario::kReboot:
      return Task::kFourWay;
    case Scenario::kRapidCommit:
      return Task::kRapidCommit;
    case Scenario::kSolicit:
      return Task::kSolicitOnly;
    case Scenario::kRenew:
      return client.bound ? Task::kRenew : Task::kFourWay;
    case Scenario::kRelease:
      return client.bound ? Task::kRelease : Task::kNone;
    case Scenario::kMixed:
      return client.bound ? choose_from_mix() : Task::kFourWay;
  }
  return Task::kNone;
}

Task TaskChooser::choose_from_mix() {
  const double point = random_.unit() * shares_.back().up_to;
  for (const Share& share : shares_) {
    if (point < share.up_to) return share.task;
  }
  return shares_.back().task;
}

}  // namespace tandem6::blast
