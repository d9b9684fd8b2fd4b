#include "control/config/configuration.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include <fmt/format.h>

#include "control/config/classes.h"
#include "control/config/failover.h"
#include "control/config/flex_id.h"
#include "control/config/hooks.h"
#include "control/config/json_text.h"
#include "control/config/key_tables.h"
#include "control/config/mac_sources.h"
#include "control/config/option_data.h"
#include "control/config/option_def.h"
#include "control/config/own_keys.h"
#include "control/config/reader.h"
#include "control/config/reconfigure.h"
#include "control/config/relay_supplied.h"
#include "control/config/remarks.h"
#include "control/config/reservations.h"
#include "control/config/scope_keys.h"
#include "control/config/server_id.h"
#include "control/config/subnets.h"
#include "control/config/surroundings.h"
#include "control/config/timers.h"
#include "control/config/vocabulary.h"

namespace tandem6::control {
namespace {

void read_ports(const Node& root, const Node& dhcp6, DataplaneConfig& dataplane, Remarks& remarks) {
  if (const Node* tandem6 = object_at(root, "tandem6")) dataplane = read_dataplane(*tandem6, remarks);
  std::vector<PortConfig> interfaces = read_interfaces(dhcp6, remarks);
  if (dataplane.ports.empty()) dataplane.ports = std::move(interfaces);
  if (dataplane.ports.empty() && !remarks.has_errors())
    remarks.warning(dhcp6,
                    "there are no ports, so no client is heard: name some in interfaces-config.interfaces or "
                    "tandem6.dataplane.ports");
}

void read_reservation_configs(const Node& dhcp6, const std::vector<ReadSubnet>& subnets, const Vocabulary& vocabulary,
                              Configuration& configuration, Remarks& remarks) {
  std::vector<ReadReservation> all = read_reservations(dhcp6, vocabulary, remarks);
  if (!all.empty() &&
      std::ranges::none_of(subnets, [](const ReadSubnet& subnet) { return subnet.config.reservations_global; }))
    remarks.warning(*dhcp6.find("reservations"), "no client gets these: no subnet has \"reservations-global\": true");
  for (const ReadSubnet& subnet : subnets)
    for (ReadReservation& read : read_reservations(*subnet.node, vocabulary, remarks)) {
      read.reservation.scope = subnet.config.id;
      all.push_back(std::move(read));
    }
  check_reservations(all, subnets, remarks);
  configuration.host_lookup = read_host_lookup(dhcp6, remarks);
  configuration.host_lookup.flex_id = read_flex_id(dhcp6, vocabulary, remarks);
  check_flex_ids(all, configuration.host_lookup, remarks);
  for (ReadReservation& read : all) configuration.reservations.push_back(std::move(read.reservation));
  configuration.host_lookup.mac_sources = read_mac_sources(dhcp6, remarks);
}

void read_subnet_configs(const Node& dhcp6, const Vocabulary& vocabulary, Configuration& configuration,
                         Remarks& remarks) {
  const ScopeKeys global = read_scope(dhcp6, {}, remarks);
  resolve_timers(dhcp6, global.timers, remarks);
  configuration.names = global.names;
  ReadSubnets read = read_subnets(dhcp6, global, vocabulary, remarks);
  check_subnets(read.subnets, configuration.dataplane.ports, remarks);
  read_reservation_configs(dhcp6, read.subnets, vocabulary, configuration, remarks);
  for (ReadSubnet& subnet : read.subnets) {
    for (ReadPool& pool : subnet.pools) subnet.config.pools.push_back(std::move(pool.config));
    configuration.subnets.push_back(std::move(subnet.config));
  }
  configuration.networks = std::move(read.networks);
}

Configuration read_all(const Node& root, const Node& dhcp6, Remarks& remarks) {
  Configuration configuration;
  read_ports(root, dhcp6, configuration.dataplane, remarks);
  if (const Node* tandem6 = object_at(root, "tandem6")) configuration.storage = read_storage(*tandem6, remarks);
  if (const Node* tandem6 = object_at(root, "tandem6")) configuration.reconfigure = read_reconfigure(*tandem6, remarks);
  read_lease_database(dhcp6, configuration.storage, remarks);
  configuration.control_socket = read_control_socket(dhcp6, configuration.control_socket, remarks);
  configuration.loggers = read_loggers(dhcp6, remarks);
  configuration.lease_query = read_hooks(dhcp6, remarks).lease_query;
  configuration.server_id = read_server_id(dhcp6, remarks);
  const auto probation = integer_at(dhcp6, "decline-probation-period", 0, 0x7fffffff, remarks);
  if (probation) configuration.decline_probation = {static_cast<uint32_t>(*probation)};
  ClassNames classes(dhcp6, remarks);
  Vocabulary vocabulary;
  vocabulary.class_id = [&](std::string_view name) { return classes.find_or_reference(name); };
  vocabulary.class_is_known = [&](std::string_view name) { return classes.is_known(name); };
  read_option_definitions(dhcp6, vocabulary.options, remarks);
  std::vector<lease::ClientClass> defined = read_classes(classes, vocabulary, remarks);
  configuration.options = read_option_data(dhcp6, vocabulary, remarks);
  configuration.relay_supplied = read_relay_supplied(dhcp6, vocabulary.options, remarks);
  read_subnet_configs(dhcp6, vocabulary, configuration, remarks);
  configuration.classes = make_class_table(dhcp6, std::move(defined), classes, configuration.dataplane.ports, remarks);
  if (const Node* tandem6 = object_at(root, "tandem6")) {
    configuration.failover = read_failover(*tandem6, configuration, remarks);
    check_reconfigure(*tandem6, configuration, remarks);
  }
  configuration.source = root.to_json();
  return configuration;
}

}  // namespace

ConfigResult parse_configuration(const std::string& text) {
  const Places places(text);
  const JsonText json = read_json_text(text);
  if (json.error) {
    const Place place = places.at(json.error->offset);
    return {std::nullopt, {{true, "", place.line, place.column, json.error->text}}};
  }
  const Node& root = *json.root;
  Remarks remarks(places);
  if (!root.is_object()) {
    remarks.error(root, "an object is wanted: {\"Dhcp6\": {…}}");
    return {std::nullopt, remarks.take()};
  }
  check_keys(root, root_keys(), remarks);
  require_key(root, "Dhcp6", remarks);
  const Node* dhcp6 = object_at(root, "Dhcp6");
  if (dhcp6 == nullptr) return {std::nullopt, remarks.take()};
  Configuration configuration = read_all(root, *dhcp6, remarks);
  if (remarks.has_errors()) return {std::nullopt, remarks.take()};
  return {std::move(configuration), remarks.take()};
}

ConfigResult load_configuration(const std::string& path) {
  const auto failed = [&](const char* why) {
    return ConfigResult{std::nullopt, {{true, "", 0, 0, fmt::format("cannot read the configuration: {}", why)}}};
  };
  std::ifstream file(path, std::ios::binary);
  if (!file) return failed(std::strerror(errno));
  std::ostringstream text;
  // A directory can be opened and not read; an empty file leaves `text` failed too, which the parser explains better.
  if (file.peek() != std::ifstream::traits_type::eof()) text << file.rdbuf();
  if (file.bad()) return failed(std::strerror(errno));
  return parse_configuration(text.str());
}

}  // namespace tandem6::control
