#include "perf/blast/plot.h"

#include <fmt/format.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>

namespace tandem6::blast {
namespace {

// Kept from zero, which a logarithmic axis does not have.
double milliseconds_shown(Nanoseconds time) { return std::max(in_milliseconds(time), 1e-3); }

std::string seconds_block(const Result& result) {
  std::string text = "$seconds << EOD\n";
  for (const Second& second : result.seconds) {
    const bool answers = second.answers != 0;
    const std::string latency = answers ? fmt::format("{} {} {}", milliseconds_shown(second.p50),
                                                      milliseconds_shown(second.p99), milliseconds_shown(second.max))
                                        : "NaN NaN NaN";
    text += fmt::format("{} {} {} {} {} {}\n", second.at, second.begun, second.completed, second.answers,
                        second.unanswered, latency);
  }
  return text + "EOD\n";
}

// A distribution over 1/(1 - share): 10 is p90, 100 is p99, as HdrHistogram's plots have it.
std::string percentile_block(std::string_view name, const Histogram& latency) {
  std::string text = fmt::format("${} << EOD\n", name);
  const auto count = static_cast<double>(latency.count());
  uint64_t before = 0;
  for (const Histogram::Step& step : latency.distribution()) {
    const double above = std::max(count - static_cast<double>(before), 1.0);
    text += fmt::format("{} {}\n", count / above, milliseconds_shown(step.value));
    before = step.below;
  }
  return text + "EOD\n";
}

std::string percentile_plot(const Result& result) {
  std::string blocks;
  std::string curves;
  for (size_t i = 0; i < kQuestions; ++i) {
    const QuestionFigures& each = result.figures.questions[i];
    if (each.answered == 0) continue;
    const std::string name = fmt::format("question{}", i);
    blocks += percentile_block(name, each.latency);
    curves += fmt::format("{}${} using 1:2 with steps lw 2 title '{}'", curves.empty() ? "" : ", ", name,
                          to_string(static_cast<Question>(i)));
  }
  if (curves.empty()) return {};
  return blocks +
         "set title 'latency: percentiles of the measured part'\nset xlabel 'percentile'\nset ylabel 'ms'\nset "
         "logscale xy\nset format y '%g'\n"
         "set xtics ('50' 2, '90' 10, '99' 100, '99.9' 1000, '99.99' 1e4, '99.999' 1e5)\nplot "
         "[1:*] " +
         curves + "\n";
}

std::string script(const Settings& settings, const Result& result) {
  const std::string what = settings.search ? fmt::format("highest rate without loss: {:.0f}/s", result.best)
                                           : fmt::format("{:.0f} exchanges/s", settings.rate);
  const bool reboot = settings.scenario == Scenario::kReboot;
  return seconds_block(result) +
         fmt::format("set multiplot layout 3,1 title \"tandem6-blast {}, {} clients{}\\n{}\"\n",
                     to_string(settings.scenario), settings.profile.clients,
                     settings.profile.relays != 0 ? fmt::format(" behind {} relays", settings.profile.relays) : "",
                     reboot ? "all clients at once" : what) +
         "set lmargin at screen 0.1\nset rmargin at screen 0.74\nset grid\nset key outside right\nset style data "
         "linespoints\nset pointsize 0.4\n"
         "set title 'a second'\nset xlabel 's'\nset ylabel '1/s'\nset yrange [0:*]\n"
         "plot $seconds using 1:2 title 'begun', '' using 1:3 title 'completed', '' using 1:4 title 'answers', '' "
         "using 1:5 title 'unanswered'\n"
         "set title 'latency'\nset ylabel 'ms'\nset yrange [*:*]\nset logscale y\nset format y '%g'\n"
         "plot $seconds using 1:6 title 'p50', '' using 1:7 title 'p99', '' using 1:8 title 'max'\n" +
         percentile_plot(result) + "unset multiplot\n";
}

// gnuplot reads the script on its standard input; file names go nowhere near a shell.
tl::expected<void, Error> draw(const char* terminal, const std::string& file, const std::string& body) {
  FILE* const gnuplot = popen("gnuplot -", "we");
  if (gnuplot == nullptr) return tl::unexpected(Error{"cannot run gnuplot"});
  std::string name;
  for (const char c : file) name += c == '\'' ? std::string("''") : std::string(1, c);
  const std::string text = fmt::format("set terminal {}\nset output '{}'\n{}", terminal, name, body);
  const bool written = std::fwrite(text.data(), 1, text.size(), gnuplot) == text.size();
  const int status = pclose(gnuplot);
  if (!written || !WIFEXITED(status) || WEXITSTATUS(status) != 0 || !std::filesystem::exists(file)) {
    return tl::unexpected(Error{fmt::format("gnuplot did not write {}: is it installed (Debian: gnuplot-nox)?", file)});
  }
  return {};
}

}  // namespace

tl::expected<void, Error> plot(const Settings& settings, const Result& result, const std::string& prefix) {
  const std::string body = script(settings, result);
  if (auto drawn = draw("svg size 900,1100 background 'white'", prefix + ".svg", body); !drawn) return drawn;
  return draw("pngcairo size 900,1100", prefix + ".png", body);
}

}  // namespace tandem6::blast
