// `client-classes` in a configuration, and the ClassTable that comes of it.
#include "config_fixtures.h"

using namespace tandem6;
using namespace tandem6::control;

namespace {

std::string with_classes(const std::string& classes) { return with_keys("\"client-classes\": [" + classes + "]"); }

}  // namespace

TEST_CASE("client-classes: all keys of a class are read") {
  const Configuration configuration = check_clean(with_classes(R"(
      {"name": "modems", "test": "vendor-class[4491].exists", "valid-lifetime": 600, "max-valid-lifetime": 900,
       "preferred-lifetime": 300, "option-data": [{"name": "dns-servers", "data": "2001:db8::1"}],
       "user-context": {"who": "us"}},
      {"name": "later", "test": "member('modems')", "only-in-additional-list": true},
      {"name": "old", "only-if-required": true},
      {"name": "spawner", "template-test": "option[1].hex"})"));
  const lease::ClassTable& table = configuration.classes;
  REQUIRE(table.classes().size() == 4);
  CHECK(table[0].name == "modems");
  CHECK(table[0].membership == lease::ClientClass::Membership::kTest);
  CHECK(table[0].valid == lease::LifetimeRange(Seconds{600}, Seconds{600}, Seconds{900}));
  CHECK(table[0].preferred == lease::LifetimeRange(Seconds{300}));
  CHECK_FALSE(table[0].options.empty());
  CHECK(table[1].only_additional);
  CHECK(table[2].only_additional);
  CHECK(table[2].membership == lease::ClientClass::Membership::kGiven);
  CHECK(table[3].membership == lease::ClientClass::Membership::kTemplate);
}

TEST_CASE("client-classes: what is wrong with a class has its place") {
  const std::string at = "Dhcp6.client-classes[0]";
  check_one_error(with_classes(R"({"test": "member('ALL')"})"), at, "\"name\"");
  check_one_error(with_classes(R"({"name": ""})"), at + ".name", "needs a name");
  check_one_error(with_classes(R"({"name": "a"}, {"name": "a"})"), "Dhcp6.client-classes[1].name", "already there");
  check_one_error(with_classes(R"({"name": "a", "test": "option[1].hex"})"), at + ".test", "column 1: a condition");
  check_one_error(with_classes(R"({"name": "a", "template-test": "known"})"), at + ".template-test", "a value");
  check_one_error(with_classes(R"({"name": "a", "test": "known", "template-test": "'x'"})"), at + ".template-test",
                  "either");
  check_one_error(with_classes(R"({"name": "KNOWN", "test": "option[1].exists"})"), at, "built in");
  check_one_error(with_classes(R"({"name": "a", "preferred-lifetime": 9, "valid-lifetime": 8})"),
                  at + ".preferred-lifetime", "longer");
  check_one_error(with_classes(R"({"name": "a", "next-server": "192.0.2.1"})"), at + ".next-server", "unknown");
}

TEST_CASE("client-classes: member() only of classes in front, or built in") {
  check_one_error(with_classes(R"({"name": "a", "test": "member('b')"}, {"name": "b"})"),
                  "Dhcp6.client-classes[0].test", "in front");
  check_one_error(with_classes(R"({"name": "a", "test": "member('a')"})"), "Dhcp6.client-classes[0].test", "in front");
  check_one_error(with_classes(R"({"name": "a", "test": "member('c')"})"), "Dhcp6.client-classes[0].test",
                  "there is no client class \"c\"");
  check_one_error(
      with_classes(R"({"name": "a", "only-in-additional-list": true}, {"name": "b", "test": "member('a')"})"),
      "Dhcp6.client-classes[1].test", "only later");
  check_clean(with_classes(R"({"name": "a", "test": "member('KNOWN') or member('VENDOR_CLASS_x')"}, {"name": "KNOWN"})"));
}

TEST_CASE("client-classes: a guard names a class that is defined or built in") {
  const std::string subnet = R"("subnet6": [{"id": 1, "subnet": "2001:db8:1::/64", "client-classes": [)";
  const Configuration configuration =
      check_clean(with_keys(R"("client-classes": [{"name": "a"}], )" + subnet + R"("a", "VENDOR_CLASS_x"]}])"));
  REQUIRE(configuration.classes.classes().size() == 2);
  CHECK(configuration.classes.classes()[1].name == "VENDOR_CLASS_x");
  CHECK_FALSE(configuration.classes.classes()[1].defined);
  CHECK(configuration.subnets[0].guard.contains(0));
  CHECK(configuration.subnets[0].guard.contains(1));
  check_one_error(with_keys(subnet + R"("b"]}])"), "Dhcp6.subnet6[0].client-classes[0]", "there is no client class");
}

TEST_CASE("client-classes: more than there is room for is an error") {
  std::string classes;
  for (size_t i = 0; i <= lease::kMaxClasses; ++i)
    classes += (i == 0 ? "{\"name\": \"c" : ", {\"name\": \"c") + std::to_string(i) + "\"}";
  check_one_error(with_classes(classes), "Dhcp6.client-classes", "more than 256");
}
