#include "perf/blast/report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace tandem6::blast {
namespace {

constexpr std::array<double, 4> kPercentiles = {50, 90, 99, 99.9};

std::string latency_row(std::string_view name, uint64_t asked, uint64_t answered, uint64_t unanswered,
                        const Histogram& latency) {
  std::string row = fmt::format("{:<26}{:>11}{:>11}{:>11}", name, asked, answered, unanswered);
  for (const double percent : kPercentiles)
    row += fmt::format("{:>10.3f}", in_milliseconds(latency.percentile(percent)));
  return row + fmt::format("{:>10.3f}\n", in_milliseconds(latency.max()));
}

std::string figures_table(const Figures& figures) {
  std::string text = fmt::format("{:<26}{:>11}{:>11}{:>11}{:>10}{:>10}{:>10}{:>10}{:>10}\n", "", "asked", "answered",
                                 "unanswered", "p50 ms", "p90 ms", "p99 ms", "p99.9 ms", "max ms");
  for (size_t i = 0; i < kQuestions; ++i) {
    const QuestionFigures& each = figures.questions[i];
    if (each.asked == 0) continue;
    text += latency_row(to_string(static_cast<Question>(i)), each.asked, each.answered, each.unanswered, each.latency);
    if (each.repeated != 0) text += fmt::format("  {} retransmissions\n", each.repeated);
  }
  return text +
         latency_row("whole exchanges", figures.begun, figures.completed, figures.failed, figures.exchange_latency);
}

std::string oddities_table(const Oddities& oddities) {
  std::string text;
  for (size_t i = 0; i < kFaults; ++i) {
    if (oddities.faults[i] != 0)
      text += fmt::format("  {:<24}{}\n", to_string(static_cast<Fault>(i)), oddities.faults[i]);
  }
  text = text.empty() ? "faults: none\n" : "faults:\n" + text;
  if (oddities.late != 0) text += fmt::format("late answers: {}\n", oddities.late);
  if (oddities.further != 0) text += fmt::format("further answers to one question: {}\n", oddities.further);
  if (oddities.foreign != 0) text += fmt::format("frames that are none of DHCPv6's: {}\n", oddities.foreign);
  if (oddities.no_client != 0) {
    text +=
        fmt::format("all clients were busy {} times: more --clients are needed for this rate\n", oddities.no_client);
  }
  return text;
}

const char* to_string(RateSearch::Phase phase) {
  switch (phase) {
    case RateSearch::Phase::kBracket:
      return "bracket";
    case RateSearch::Phase::kBisect:
      return "bisect";
    default:
      return "confirm";
  }
}

std::string search_table(const Settings& settings, const Result& result) {
  std::string text = fmt::format("{:<10}{:>12}{:>14}{:>14}{:>12}{:>12}\n", "", "rate/s", "completed/s", "unanswered %",
                                 "p50 ms", "p99 ms");
  for (const TriedRate& tried : result.tried) {
    text += fmt::format("{:<10}{:>12.0f}{:>14.0f}{:>14.4f}{:>12.3f}{:>12.3f}  {}\n", to_string(tried.phase), tried.rate,
                        tried.completed, tried.unanswered_percent, in_milliseconds(tried.p50),
                        in_milliseconds(tried.p99), tried.lossless ? "without loss" : tried.why);
  }
  if (result.best != 0) {
    text += fmt::format(
        "\nhighest rate without loss: {:.0f} exchanges/s (at most {}% unanswered within {:.3g} s, for {:.3g} s)\n\n",
        result.best, settings.loss, in_seconds(settings.timeout), in_seconds(settings.duration));
  }
  return text;
}

std::string reboot_lines(const Result& result) {
  std::string text;
  for (size_t i = 0; i < Run::kServedShares.size(); ++i) {
    if (result.served[i] == Nanoseconds(0)) continue;
    text += fmt::format("{:.4g}% of the clients had their leases after {:.3f} s\n", Run::kServedShares[i] * 100,
                        in_seconds(result.served[i]));
  }
  return text;
}

nlohmann::json latency_json(const Histogram& latency) {
  nlohmann::json json;
  for (const double percent : kPercentiles)
    json[fmt::format("p{}", percent)] = in_milliseconds(latency.percentile(percent));
  json["max"] = in_milliseconds(latency.max());
  nlohmann::json distribution = nlohmann::json::array();
  for (const Histogram::Step& step : latency.distribution()) {
    distribution.push_back({in_milliseconds(step.value), step.below});
  }
  json["distribution"] = std::move(distribution);
  return json;
}

nlohmann::json figures_json(const Figures& figures) {
  nlohmann::json json = nlohmann::json::object();
  for (size_t i = 0; i < kQuestions; ++i) {
    const QuestionFigures& each = figures.questions[i];
    if (each.asked == 0) continue;
    json[std::string(to_string(static_cast<Question>(i)))] = {{"asked", each.asked},
                                                              {"answered", each.answered},
                                                              {"unanswered", each.unanswered},
                                                              {"retransmissions", each.repeated},
                                                              {"latency-ms", latency_json(each.latency)}};
  }
  return json;
}

nlohmann::json seconds_json(const std::vector<Second>& seconds) {
  nlohmann::json json = nlohmann::json::array();
  for (const Second& second : seconds) {
    json.push_back({{"at", second.at},
                    {"wanted", second.wanted},
                    {"begun", second.begun},
                    {"completed", second.completed},
                    {"sent", second.sent},
                    {"answers", second.answers},
                    {"unanswered", second.unanswered},
                    {"retransmissions", second.repeated},
                    {"faults", second.faults},
                    {"in-flight", second.in_flight},
                    {"bound", second.bound},
                    {"p50-ms", in_milliseconds(second.p50)},
                    {"p99-ms", in_milliseconds(second.p99)},
                    {"max-ms", in_milliseconds(second.max)}});
  }
  return json;
}

nlohmann::json search_json(const Settings& settings, const Result& result) {
  nlohmann::json tried = nlohmann::json::array();
  for (const TriedRate& each : result.tried) {
    tried.push_back({{"phase", to_string(each.phase)},
                     {"rate", each.rate},
                     {"begun-per-second", each.begun},
                     {"completed-per-second", each.completed},
                     {"unanswered-percent", each.unanswered_percent},
                     {"lossless", each.lossless},
                     {"why", each.why},
                     {"p50-ms", in_milliseconds(each.p50)},
                     {"p99-ms", in_milliseconds(each.p99)}});
  }
  return {{"highest-lossless-rate", result.best}, {"allowed-loss-percent", settings.loss}, {"tried", std::move(tried)}};
}

nlohmann::json settings_json(const Settings& settings) {
  return {{"scenario", std::string(to_string(settings.scenario))},
          {"device", settings.device},
          {"clients", settings.profile.clients},
          {"relays", settings.profile.relays},
          {"seed", settings.profile.seed},
          {"addresses", settings.profile.addresses},
          {"prefixes", settings.profile.prefixes},
          {"rate", settings.rate},
          {"duration", in_seconds(settings.duration)},
          {"warm-up", in_seconds(settings.warm_up)},
          {"timeout", in_seconds(settings.timeout)},
          {"step", in_seconds(settings.step)}};
}

}  // namespace

std::string table_of(const Settings& settings, const Result& result) {
  std::string text;
  if (settings.search) text += search_table(settings, result);
  text += figures_table(result.figures);
  if (result.measured > 0 && settings.scenario != Scenario::kReboot) {
    text += fmt::format("{:.0f} exchanges/s completed in {:.1f} s; {:.4f}% of the questions unanswered\n",
                        static_cast<double>(result.figures.completed) / result.measured, result.measured,
                        result.unanswered_percent());
  }
  if (settings.scenario == Scenario::kReboot) text += reboot_lines(result);
  if (result.prepared_in > 0)
    text += fmt::format("all clients had leases before, after {:.1f} s\n", result.prepared_in);
  if (result.behind > Milliseconds(10)) {
    text += fmt::format("the generator was {:.0f} ms late at the end: this machine cannot send as fast as that\n",
                        in_milliseconds(result.behind));
  }
  if (result.missed != 0) text += fmt::format("frames that found no room at our own port: {}\n", result.missed);
  if (result.unsent != 0) text += fmt::format("datagrams that found no buffer: {}\n", result.unsent);
  return text + oddities_table(result.oddities);
}

std::string json_of(const Settings& settings, const Result& result) {
  nlohmann::json faults = nlohmann::json::object();
  for (size_t i = 0; i < kFaults; ++i) {
    if (result.oddities.faults[i] != 0)
      faults[std::string(to_string(static_cast<Fault>(i)))] = result.oddities.faults[i];
  }
  nlohmann::json json = {{"settings", settings_json(settings)},
                         {"driver", result.driver},
                         {"failure", result.failure},
                         {"servers", result.servers},
                         {"questions", figures_json(result.figures)},
                         {"exchanges",
                          {{"begun", result.figures.begun},
                           {"completed", result.figures.completed},
                           {"failed", result.figures.failed},
                           {"latency-ms", latency_json(result.figures.exchange_latency)}}},
                         {"measured-seconds", result.measured},
                         {"unanswered-percent", result.unanswered_percent()},
                         {"prepared-in-seconds", result.prepared_in},
                         {"generator",
                          {{"behind-ms", in_milliseconds(result.behind)},
                           {"cpu-user-seconds", result.cpu_user},
                           {"cpu-system-seconds", result.cpu_system},
                           {"missed", result.missed},
                           {"unsent", result.unsent}}},
                         {"faults", std::move(faults)},
                         {"late", result.oddities.late},
                         {"further", result.oddities.further},
                         {"no-client", result.oddities.no_client},
                         {"seconds", seconds_json(result.seconds)}};
  if (settings.search) json["search"] = search_json(settings, result);
  if (settings.scenario == Scenario::kReboot) {
    for (size_t i = 0; i < Run::kServedShares.size(); ++i) {
      if (result.served[i] != Nanoseconds(0)) {
        json["served-after-seconds"][fmt::format("{:.4g}%", Run::kServedShares[i] * 100)] =
            in_seconds(result.served[i]);
      }
    }
  }
  return json.dump(1) + "\n";
}

}  // namespace tandem6::blast
