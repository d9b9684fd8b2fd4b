#include "perf/blast/settings.h"

#include <fmt/format.h>
#include <net/if.h>

#include <CLI/CLI.hpp>
#include <charconv>

#include "dataplane/nic/device.h"

namespace tandem6::blast {
namespace {

constexpr int kUsage = 2;

// As the options stand on the command line.
struct Raw {
  std::string scenario = "four-way";
  std::string interface;
  std::string pci;
  std::string device;
  std::string ask = "na+pd";
  std::vector<uint16_t> request;
  std::string link_address;
  std::string relay_source;
  std::string server;
  std::string server_mac;
  std::vector<unsigned> vlans;
  std::string mix;
  std::string arrivals = "constant";
  std::string idle;
  std::vector<std::string> tolerate;
  double step = 5;
  double duration = 10;
  double warm_up = 1;
  double ramp = 0;
  double timeout = 1;
  double spread = 1;
  double search_from = 1000;
  double search_to = 10e6;
  double resolution = 2;
  bool no_interface_id = false;
  bool no_prepare = false;
};

using Checked = tl::expected<void, Error>;

tl::unexpected<Error> refuse(std::string message) { return tl::unexpected(Error{std::move(message)}); }

std::optional<MacAddress> parse_mac(std::string_view text) {
  MacAddress mac;
  if (text.size() != 17) return std::nullopt;
  for (size_t i = 0; i < mac.size(); ++i) {
    if (i != 0 && text[3 * i - 1] != ':') return std::nullopt;
    unsigned octet = 0;
    const char* const from = text.data() + 3 * i;
    if (const auto [end, error] = std::from_chars(from, from + 2, octet, 16); error != std::errc{} || end != from + 2) {
      return std::nullopt;
    }
    mac[i] = static_cast<std::byte>(octet);
  }
  return mac;
}

Checked set_device(const Raw& raw, Settings& out) {
  const int given = (raw.interface.empty() ? 0 : 1) + (raw.pci.empty() ? 0 : 1) + (raw.device.empty() ? 0 : 1);
  if (given != 1) {
    return refuse(
        "say through what to send, once: --interface NAME (a kernel interface), --pci ADDRESS (a NIC of its own) or "
        "--device VDEV (any DPDK device)");
  }
  if (!raw.interface.empty() && if_nametoindex(raw.interface.c_str()) == 0) {
    return refuse(
        fmt::format("--interface {}: there is no such network interface here (see `ip link`)", raw.interface));
  }
  if (!raw.pci.empty() && nic::kind_of(raw.pci) != nic::DeviceKind::kPci) {
    return refuse(fmt::format("--pci {}: not a PCI address such as 0000:3b:00.0", raw.pci));
  }
  if (!raw.device.empty() && nic::kind_of(raw.device) != nic::DeviceKind::kVdev) {
    return refuse(
        fmt::format("--device {}: not a DPDK device such as net_af_xdp0,iface=eth1; for a kernel interface or a PCI "
                    "address there are --interface and --pci",
                    raw.device));
  }
  out.device = raw.interface + raw.pci + raw.device;
  return {};
}

Checked set_scenario(const Raw& raw, Settings& out) {
  const auto scenario = scenario_named(raw.scenario);
  if (!scenario) {
    return refuse(fmt::format(
        "{}: no scenario; there are four-way, rapid-commit, solicit, renew, release, mixed, reboot", raw.scenario));
  }
  out.scenario = *scenario;
  const bool reboot = *scenario == Scenario::kReboot;
  if (reboot && (out.search || out.rate != 0)) {
    return refuse("reboot has no rate: all clients come at once (--spread); leave --rate and --search out");
  }
  if (!reboot && out.search == (out.rate != 0)) {
    return refuse(out.search ? "--rate and --search exclude each other"
                             : "say how fast: --rate N exchanges a second, or --search");
  }
  if (out.search && *scenario == Scenario::kRelease) {
    return refuse("--search does not work with release: a client can release what it has only once");
  }
  if (!raw.mix.empty()) {
    if (*scenario != Scenario::kMixed) return refuse("--mix is for the scenario mixed");
    const auto mix = Mix::parse(raw.mix);
    if (!mix) return tl::unexpected(Error{"--mix: " + mix.error().message});
    out.mix = *mix;
  }
  if (raw.no_prepare && needs_leases(*scenario) && !reboot && *scenario != Scenario::kMixed) {
    return refuse(fmt::format("--no-prepare leaves the clients of {} without leases", raw.scenario));
  }
  out.prepare = needs_leases(*scenario) && !raw.no_prepare;
  return {};
}

Checked set_question(const Raw& raw, Settings& out) {
  if (raw.ask != "na" && raw.ask != "pd" && raw.ask != "na+pd") {
    return refuse(fmt::format("--ask {}: write na (an address each), pd (a prefix each) or na+pd", raw.ask));
  }
  out.profile.addresses = raw.ask != "pd";
  out.profile.prefixes = raw.ask != "na";
  out.profile.requested_options = raw.request;
  if (raw.request.size() > 64) return refuse("--request: at most 64 options");
  return {};
}

Checked set_relays(const Raw& raw, Settings& out) {
  Profile& profile = out.profile;
  if (profile.relays == 0) {
    if (!raw.link_address.empty() || !raw.relay_source.empty() || profile.remote_id || raw.no_interface_id) {
      return refuse("--link-address, --relay-source, --remote-id and --no-interface-id need --relays");
    }
    return {};
  }
  if (profile.relays > profile.clients) return refuse("there are more --relays than --clients");
  if (raw.link_address.empty()) {
    return refuse(
        "--relays needs --link-address ADDRESS: an address of the clients' link, by which servers choose the subnet");
  }
  const size_t slash = raw.link_address.find('/');
  const auto link = Ipv6Address::parse(raw.link_address.substr(0, slash));
  if (!link) return refuse(fmt::format("--link-address {}: not an IPv6 address", raw.link_address));
  profile.link_address = *link;
  if (slash != std::string::npos) {
    unsigned length = 0;
    const char* const end = raw.link_address.data() + raw.link_address.size();
    const auto read = std::from_chars(raw.link_address.data() + slash + 1, end, length);
    if (read.ec != std::errc{} || read.ptr != end || length < 8 || length > 128) {
      return refuse(fmt::format("--link-address {}: the length after / must be 8 to 128", raw.link_address));
    }
    profile.link_address_step = static_cast<uint8_t>(length);
  }
  if (!raw.relay_source.empty()) {
    profile.relay_source = Ipv6Address::parse(raw.relay_source);
    if (!profile.relay_source) return refuse(fmt::format("--relay-source {}: not an IPv6 address", raw.relay_source));
  }
  profile.interface_id = !raw.no_interface_id;
  return {};
}

Checked set_route(const Raw& raw, Settings& out) {
  if (!raw.server.empty()) {
    const auto server = Ipv6Address::parse(raw.server);
    if (!server) return refuse(fmt::format("--server {}: not an IPv6 address", raw.server));
    if (out.profile.relays == 0 && !server->is_multicast()) {
      return refuse("--server is for relays: clients send to ff02::1:2 (RFC 8415 §18.2)");
    }
    out.route.server = *server;
  } else if (out.profile.relays != 0) {
    out.route.server = kAllServers;
  }
  if (!raw.server_mac.empty()) {
    out.route.server_mac = parse_mac(raw.server_mac);
    if (!out.route.server_mac) return refuse(fmt::format("--server-mac {}: not a MAC address", raw.server_mac));
  }
  if (raw.vlans.size() > wire::VlanTags::kMax) return refuse("--vlan: at most two tags, the outer one first");
  for (const unsigned vlan : raw.vlans) {
    const bool outer = raw.vlans.size() == 2 && out.route.vlan.count == 0;
    const uint16_t protocol = outer ? 0x88a8 : 0x8100;
    out.route.vlan.tags[out.route.vlan.count++] = {protocol, static_cast<uint16_t>(vlan)};
  }
  return {};
}

Checked set_pace(const Raw& raw, Settings& out) {
  out.step = from_seconds(raw.step);
  out.duration = from_seconds(raw.duration);
  out.warm_up = from_seconds(raw.warm_up);
  out.ramp = from_seconds(raw.ramp);
  out.timeout = from_seconds(raw.timeout);
  out.spread = from_seconds(raw.spread);
  out.rules.first = raw.search_from;
  out.rules.highest = raw.search_to;
  out.rules.resolution = raw.resolution / 100;
  if (raw.search_from > raw.search_to) return refuse("--search-from is above --search-to");
  if (raw.arrivals != "constant" && raw.arrivals != "poisson") return refuse("--arrivals: constant or poisson");
  out.arrivals = raw.arrivals == "poisson" ? Arrivals::kPoisson : Arrivals::kConstant;
  if (!raw.idle.empty() && raw.idle != "nap" && raw.idle != "spin") return refuse("--idle: nap or spin");
  // Whoever gives us a NIC gives us a core as well.
  out.nap = raw.idle.empty() ? raw.pci.empty() : raw.idle == "nap";
  return {};
}

Checked set_tolerance(const Raw& raw, Settings& out) {
  for (const std::string& name : raw.tolerate) {
    bool known = name == "all";
    out.tolerate_all = out.tolerate_all || known;
    for (size_t i = 0; i < kFaults; ++i) {
      if (to_string(static_cast<Fault>(i)) != name) continue;
      out.tolerated.push_back(static_cast<Fault>(i));
      known = true;
    }
    if (known) continue;
    std::string names = "all";
    for (size_t i = 0; i < kFaults; ++i) names += fmt::format(", {}", to_string(static_cast<Fault>(i)));
    return refuse(fmt::format("--tolerate {}: no kind of fault; there are {}", name, names));
  }
  return {};
}

Checked check(const Raw& raw, Settings& out) {
  for (auto* set : {set_device, set_scenario, set_question, set_relays, set_route, set_pace, set_tolerance}) {
    if (Checked checked = set(raw, out); !checked) return checked;
  }
  if (out.profile.relays == 0 && out.profile.link_locals > out.profile.clients) {
    return refuse("there are more --link-locals than --clients");
  }
  return {};
}

void add_where(CLI::App& app, Raw& raw) {
  constexpr const char* kGroup = "Where to";
  app.add_option("-i,--interface", raw.interface, "A kernel interface, through af_packet; the kernel keeps it")
      ->type_name("NAME")
      ->group(kGroup);
  app.add_option("--pci", raw.pci, "A NIC that is bound to vfio-pci")->type_name("ADDRESS")->group(kGroup);
  app.add_option("--device", raw.device, "A DPDK device: net_af_xdp0,iface=eth1 and the like")
      ->type_name("VDEV")
      ->group(kGroup);
  app.add_option("--vlan", raw.vlans, "VLAN tag of every frame; two: QinQ, the outer one first")
      ->delimiter(',')
      ->check(CLI::Range(1, 4094))
      ->type_name("ID[,ID]")
      ->group(kGroup);
  app.add_option("--server", raw.server, "Relays send to it (default: ff05::1:3)")->type_name("ADDRESS")->group(kGroup);
  app.add_option("--server-mac", raw.server_mac,
                 "Its MAC address, or a router's (default: asked by Neighbor Discovery)")
      ->type_name("MAC")
      ->group(kGroup);
  app.add_option("--idle", raw.idle,
                 "nap: leave the core to others for 50 µs when there is nothing to do; spin: never "
                 "(default: spin with --pci)")
      ->type_name("HOW")
      ->group(kGroup);
}

void add_who(CLI::App& app, Raw& raw, Settings& out) {
  constexpr const char* kGroup = "Who asks what";
  Profile& profile = out.profile;
  app.add_option("-c,--clients", profile.clients, "How many")
      ->check(CLI::Range(1, 100'000'000))
      ->capture_default_str()
      ->group(kGroup);
  app.add_option("--first-client", profile.first_client,
                 "Their numbers start here: for several generators at one server")
      ->check(CLI::Range(0, 1'000'000'000))
      ->capture_default_str()
      ->group(kGroup);
  app.add_option("--seed", profile.seed, "Another seed, other clients")->capture_default_str()->group(kGroup);
  app.add_option("--ask", raw.ask, "na: an address each, pd: a prefix each, na+pd: both")
      ->type_name("WHAT")
      ->capture_default_str()
      ->group(kGroup);
  app.add_option("--request", raw.request, "Options to request; one that an answer lacks is a fault")
      ->delimiter(',')
      ->type_name("CODE,…")
      ->group(kGroup);
  app.add_option(
         "--link-locals", profile.link_locals,
         "Link-local addresses that the clients share. A server that uses the kernel's sockets needs an entry of the "
         "neighbour table for each")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str()
      ->group(kGroup);
  app.add_option("-r,--relays", profile.relays, "The clients are behind so many relays")
      ->check(CLI::Range(1, 1'000'000))
      ->group(kGroup);
  app.add_option("--link-address", raw.link_address,
                 "Of the relays; with /LENGTH each is on the next prefix of that length")
      ->type_name("ADDRESS[/LENGTH]")
      ->group(kGroup);
  app.add_option("--relay-source", raw.relay_source,
                 "The first relay's own address, the next has the next (default: link-local ones)")
      ->type_name("ADDRESS")
      ->group(kGroup);
  app.add_flag("--remote-id", profile.remote_id, "Relays add a Remote-ID (RFC 4649)")->group(kGroup);
  app.add_flag("--no-interface-id", raw.no_interface_id, "Relays add no Interface-Id")->group(kGroup);
  app.add_option("--mix", raw.mix,
                 "What clients with leases do in the scenario mixed (default: " + out.mix.to_string() + ")")
      ->type_name("NAME=SHARE,…")
      ->group(kGroup);
}

void add_pace(CLI::App& app, Raw& raw, Settings& out) {
  constexpr const char* kGroup = "How fast and how long";
  const auto seconds = [&](const char* name, double& value, const char* text, double least, double most) {
    app.add_option(name, value, text)
        ->check(CLI::Range(least, most))
        ->type_name("SECONDS")
        ->capture_default_str()
        ->group(kGroup);
  };
  app.add_option("--rate", out.rate, "Exchanges that begin in a second, whatever the server does")
      ->check(CLI::Range(0.1, 1e8))
      ->type_name("N")
      ->group(kGroup);
  app.add_flag("--search", out.search, "Find the highest rate without loss")->group(kGroup);
  seconds("-d,--duration", raw.duration,
          "What is measured; with --search: of the confirmation; with reboot: the longest wait", 0.1, 86400);
  seconds("--warm-up", raw.warm_up, "At the full rate before it is measured", 0, 3600);
  seconds("--ramp", raw.ramp, "Before that, from zero to the full rate", 0, 3600);
  seconds("--timeout", raw.timeout, "What is answered later counts as unanswered", 0.001, 3600);
  app.add_option("--arrivals", raw.arrivals, "constant or poisson")
      ->capture_default_str()
      ->type_name("HOW")
      ->group(kGroup);
  seconds("--step", raw.step, "Of each rate that a search tries", 0.1, 3600);
  app.add_option("--search-from", raw.search_from, "Where a search starts")
      ->check(CLI::Range(1.0, 1e8))
      ->type_name("RATE")
      ->capture_default_str()
      ->group(kGroup);
  app.add_option("--search-to", raw.search_to, "Where it ends")
      ->check(CLI::Range(1.0, 1e8))
      ->type_name("RATE")
      ->capture_default_str()
      ->group(kGroup);
  app.add_option("--resolution", raw.resolution, "A search ends when good and bad are this close")
      ->check(CLI::Range(0.1, 100.0))
      ->type_name("PERCENT")
      ->capture_default_str()
      ->group(kGroup);
  app.add_option("--loss", out.loss, "Unanswered questions that still count as no loss, in a search")
      ->check(CLI::Range(0.0, 100.0))
      ->type_name("PERCENT")
      ->capture_default_str()
      ->group(kGroup);
  app.add_option("--window", out.window,
                 "Exchanges at once while all clients get leases (renew, release, mixed, reboot)")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str()
      ->group(kGroup);
  app.add_flag("--no-prepare", raw.no_prepare, "mixed, reboot: the clients start without leases")->group(kGroup);
  seconds("--spread", raw.spread, "reboot: within it all clients boot (SOL_MAX_DELAY)", 0, 3600);
}

void add_what_comes_out(CLI::App& app, Raw& raw, Settings& out) {
  constexpr const char* kGroup = "What comes out";
  app.add_option("--json", out.json, "Everything that was measured")->type_name("FILE")->group(kGroup);
  app.add_option("--plot", out.plot, "PREFIX.svg and PREFIX.png, by gnuplot")->type_name("PREFIX")->group(kGroup);
  app.add_option("--tolerate", raw.tolerate, "Faults that are counted but are no failure; all: any")
      ->delimiter(',')
      ->type_name("FAULT,…")
      ->group(kGroup);
  app.add_option("--max-loss", out.max_loss, "More unanswered questions are a failure")
      ->check(CLI::Range(0.0, 100.0))
      ->type_name("PERCENT")
      ->capture_default_str()
      ->group(kGroup);
  app.add_flag("-q,--quiet", out.quiet, "No line a second")->group(kGroup);
}

}  // namespace

ParsedSettings parse_settings(int argc, char** argv) {
  Raw raw;
  ParsedSettings parsed;
  CLI::App app{
      "tandem6-blast: a load generator for DHCPv6 servers. It behaves as many clients, directly or behind relays, and\n"
      "checks every answer."};
  app.add_option(
         "SCENARIO", raw.scenario,
         "four-way, rapid-commit, solicit (and nothing else), renew, release, mixed, reboot (all clients at once)")
      ->capture_default_str();
  add_where(app, raw);
  add_who(app, raw, parsed.settings);
  add_pace(app, raw, parsed.settings);
  add_what_comes_out(app, raw, parsed.settings);
  app.set_version_flag("-v,--version", std::string("tandem6-blast ") + TANDEM6_VERSION);
  app.footer(
      "Exit status: 0 all was well, 1 faults, too much loss or no answers, 2 the command line is wrong, 3 it could not "
      "start.\n"
      "Examples:\n"
      "  tandem6-blast four-way --interface wan0 --rate 5000 --duration 30\n"
      "  tandem6-blast solicit --interface wan0 --search --json result.json --plot result\n"
      "  tandem6-blast renew --interface wan0 --relays 100 --link-address 2001:db8:1::1 --clients 100000 --rate 20000");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    parsed.end = true;
    parsed.exit_status = app.exit(error) == 0 ? 0 : kUsage;
    return parsed;
  }
  if (const Checked checked = check(raw, parsed.settings); !checked) {
    fmt::print(stderr, "tandem6-blast: {}\n", checked.error().message);
    parsed.end = true;
    parsed.exit_status = kUsage;
  }
  return parsed;
}

}  // namespace tandem6::blast
