// What the user asked for, checked.
#pragma once

#include <string>
#include <vector>

#include "perf/blast/population.h"
#include "perf/blast/scenario.h"
#include "perf/blast/schedule.h"
#include "perf/blast/search.h"
#include "perf/blast/traffic.h"

namespace tandem6::blast {

struct Settings {
  Scenario scenario = Scenario::kFourWay;
  std::string device;  ///< as dataplane/nic/device.h knows it
  Profile profile;
  Route route;
  Mix mix;

  bool search = false;
  double rate = 0;
  SearchRules rules;
  double loss = 0.001;  ///< percent of a search's step that may stay unanswered
  Nanoseconds step{};
  Nanoseconds duration{};
  Nanoseconds warm_up{};
  Nanoseconds ramp{};
  Nanoseconds timeout{};
  Arrivals arrivals = Arrivals::kConstant;
  bool prepare = true;
  unsigned window = 256;
  Nanoseconds spread{};  ///< of a reboot

  bool nap = true;
  bool quiet = false;
  std::string json;
  std::string plot;
  std::vector<Fault> tolerated;
  bool tolerate_all = false;
  double max_loss = 100;  ///< percent: more is a failure
};

struct ParsedSettings {
  Settings settings;
  int exit_status = 0;
  bool end = false;  ///< --help was shown, or an error told: end with exit_status
};

/// Reads the command line. Errors are printed.
ParsedSettings parse_settings(int argc, char** argv);

}  // namespace tandem6::blast
