// `shared-networks`, and the keys that subnets inherit.
#include "config_fixtures.h"
#include "control/config/build.h"

namespace tandem6::config_networks_test {

using namespace tandem6::control;

namespace {

std::string network(const std::string& keys, const std::string& subnet_keys = "") {
  return with_keys(R"("shared-networks": [{"name": "east", )" + keys + R"("subnet6": [
      {"id": 1, "subnet": "2001:db8:1::/64")" +
                   subnet_keys + R"(},
      {"id": 2, "subnet": "2001:db8:2::/64"}]}])");
}

}  // namespace

TEST_CASE("subnets of a shared network have its keys unless they have their own") {
  const Configuration configuration =
      check_clean(network(R"("interface": "eth0", "interface-id": "a", "rapid-commit": true, "valid-lifetime": 9000,
                 "preferred-lifetime": 8000, "cache-threshold": 0.25, "cache-max-age": 60, "allocator": "iterative",
                 "pd-allocator": "random", "reservations-global": true, )",
                          R"(, "valid-lifetime": 9500, "interface-id": "b", "allocator": "random")"));
  REQUIRE(configuration.networks.size() == 1);
  CHECK(configuration.networks[0].name == "east");
  REQUIRE(configuration.subnets.size() == 2);
  const SubnetConfig& own = configuration.subnets[0];
  const SubnetConfig& inherited = configuration.subnets[1];
  CHECK(own.network == 0);
  CHECK(inherited.network == 0);
  CHECK(own.lifetimes.valid.usual == Seconds{9500});
  CHECK(inherited.lifetimes.valid.usual == Seconds{9000});
  CHECK(inherited.lifetimes.preferred.usual == Seconds{8000});
  CHECK(own.interface_id == "b");
  CHECK(inherited.interface_id == "a");
  CHECK(inherited.interface == "eth0");
  CHECK(inherited.rapid_commit);
  CHECK(inherited.reservations_global);
  CHECK(inherited.cache.max_age == Seconds{60});
  CHECK(inherited.cache.threshold == doctest::Approx(0.25));
  CHECK(own.address_allocator == lease::Allocator::kHashed);
  CHECK(inherited.address_allocator == lease::Allocator::kIterative);
  CHECK(inherited.prefix_allocator == lease::Allocator::kHashed);
}

TEST_CASE("the subnets of a shared network are one link, in their order") {
  const Configuration configuration = check_clean(network(R"("interface": "eth0", )"));
  Continuity continuity(1);
  const auto snapshot = build_snapshot(configuration, {}, {}, continuity);
  lease::Request request;
  wire::ReceivedMessage received;
  request.received = &received;
  const lease::Link* link = snapshot->select(request, {});
  REQUIRE(link != nullptr);
  REQUIRE(link->network != nullptr);
  CHECK(link->network->name == "east");
  REQUIRE(link->subnets.size() == 2);
  CHECK(link->subnets[0]->id == 1);
  CHECK(link->subnets[1]->id == 2);
}

TEST_CASE("subnets of one shared network that could not be on one link are errors") {
  check_one_error(network("", R"(, "interface": "eth0")"), "Dhcp6.shared-networks[0].subnet6[1]",
                  "interface is not what the first subnet of this shared network has");
  check_one_error(network("", R"(, "rapid-commit": true)"), "Dhcp6.shared-networks[0].subnet6[1]",
                  "rapid-commit is not what the first subnet of this shared network has");
  check_one_error(with_keys(R"("shared-networks": [{"name": "a"}, {"name": "a"}])"), "Dhcp6.shared-networks[1].name",
                  "already there");
  check_one_error(with_keys(R"("shared-networks": [{"subnet6": []}])"), "Dhcp6.shared-networks[0]",
                  "\"name\" is missing");
}

TEST_CASE("a lifetime and its bounds belong together: a scope that has one of them inherits none") {
  const Configuration configuration = check_clean(with_keys(
      R"("valid-lifetime": 4000, "min-valid-lifetime": 3000, "max-valid-lifetime": 5000, "preferred-lifetime": 2000,
         "subnet6": [{"id": 1, "subnet": "2001:db8:1::/64"}, {"id": 2, "subnet": "2001:db8:2::/64", "valid-lifetime": 4500},
                     {"id": 3, "subnet": "2001:db8:3::/64", "max-valid-lifetime": 6000}])"));
  const auto range = [&](size_t place) { return configuration.subnets.at(place).lifetimes.valid; };
  CHECK(range(0) == lease::LifetimeRange{Seconds{3000}, Seconds{4000}, Seconds{5000}});
  CHECK(range(1) == lease::LifetimeRange{Seconds{4500}});
  CHECK(range(2) == lease::LifetimeRange{Seconds{6000}});
}

TEST_CASE("bounds of a lifetime that do not go together are errors") {
  check_one_error(with_keys(R"("valid-lifetime": 4000, "min-valid-lifetime": 5000)"), "Dhcp6.min-valid-lifetime",
                  "min-valid-lifetime 5000 is longer than valid-lifetime 4000");
  check_one_error(with_keys(R"("valid-lifetime": 4000, "max-valid-lifetime": 3900)"), "Dhcp6.max-valid-lifetime",
                  "max-valid-lifetime 3900 is shorter than valid-lifetime 4000");
  check_one_error(with_keys(R"("min-valid-lifetime": 3000, "max-valid-lifetime": 5000)"), "Dhcp6.min-valid-lifetime",
                  "but no valid-lifetime");
  check_one_error(with_keys(R"("cache-threshold": 1.0)"), "Dhcp6.cache-threshold", "a share from 0 to below 1");
  check_one_error(with_keys(R"("allocator": "best")"), "Dhcp6.allocator", "iterative");
}

}  // namespace tandem6::config_networks_test
