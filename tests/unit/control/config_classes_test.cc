// `client-classes` in a configuration, and the ClassTable that comes of it.
#include "config_fixtures.h"

namespace tandem6::config_classes_test {

using namespace tandem6::control;

namespace {

std::string with_classes(const std::string& classes) { return with_keys("\"client-classes\": [" + classes + "]"); }

}  // namespace

TEST_CASE("client-classes: all keys of a class are read") {
  const Configuration configuration = check_clean(with_classes(R"json(
      {"name": "modems", "test": "vendor-class[4491].exists", "valid-lifetime": 600, "max-valid-lifetime": 900,
       "preferred-lifetime": 300, "option-data": [{"name": "dns-servers", "data": "2001:db8::1"}],
       "user-context": {"who": "us"}},
      {"name": "later", "test": "member('modems')", "only-in-additional-list": true},
      {"name": "old", "only-if-required": true},
      {"name": "spawner", "template-test": "option[1].hex"})json"));
  const lease::ClassTable& table = configuration.classes;
  REQUIRE(table.classes().size() == 4);
  CHECK(table[0].name == "modems");
  CHECK(table[0].membership == lease::ClientClass::Membership::kTest);
  CHECK(table[0].expression_text == "vendor-class[4491].exists");
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
  check_one_error(with_classes(R"json({"test": "member('ALL')"})json"), at, "\"name\"");
  check_one_error(with_classes(R"json({"name": ""})json"), at + ".name", "needs a name");
  check_one_error(with_classes(R"json({"name": "a"}, {"name": "a"})json"), "Dhcp6.client-classes[1].name",
                  "already there");
  check_one_error(with_classes(R"json({"name": "a", "test": "option[1].hex"})json"), at + ".test",
                  "column 1: a condition");
  check_one_error(with_classes(R"json({"name": "a", "template-test": "known"})json"), at + ".template-test", "a value");
  check_one_error(with_classes(R"json({"name": "a", "test": "known", "template-test": "'x'"})json"),
                  at + ".template-test", "either");
  check_one_error(with_classes(R"json({"name": "KNOWN", "test": "option[1].exists"})json"), at, "built in");
  check_one_error(with_classes(R"json({"name": "a", "preferred-lifetime": 9, "valid-lifetime": 8})json"),
                  at + ".preferred-lifetime", "longer");
  check_one_error(with_classes(R"json({"name": "a", "next-server": "192.0.2.1"})json"), at + ".next-server", "unknown");
}

TEST_CASE("client-classes: member() only of classes in front, or built in") {
  check_one_error(with_classes(R"json({"name": "a", "test": "member('b')"}, {"name": "b"})json"),
                  "Dhcp6.client-classes[0].test", "in front");
  check_one_error(with_classes(R"json({"name": "a", "test": "member('a')"})json"), "Dhcp6.client-classes[0].test",
                  "in front");
  check_one_error(with_classes(R"json({"name": "a", "test": "member('c')"})json"), "Dhcp6.client-classes[0].test",
                  "there is no client class \"c\"");
  check_one_error(
      with_classes(R"json({"name": "a", "only-in-additional-list": true}, {"name": "b", "test": "member('a')"})json"),
      "Dhcp6.client-classes[1].test", "only later");
  check_clean(with_classes(
      R"json({"name": "a", "test": "member('KNOWN') or member('VENDOR_CLASS_x')"}, {"name": "KNOWN"})json"));
}

TEST_CASE("client-classes: a guard names a class that is defined, built in, or else only a reservation's") {
  const std::string subnet = R"json("subnet6": [{"id": 1, "subnet": "2001:db8:1::/64", "client-classes": [)json";
  const Configuration configuration = check_clean(
      with_keys(R"json("client-classes": [{"name": "a"}], )json" + subnet + R"json("a", "VENDOR_CLASS_x"]}])json"));
  REQUIRE(configuration.classes.classes().size() == 2);
  CHECK(configuration.classes.classes()[1].name == "VENDOR_CLASS_x");
  CHECK_FALSE(configuration.classes.classes()[1].defined);
  CHECK(configuration.subnets[0].guard.contains(0));
  CHECK(configuration.subnets[0].guard.contains(1));
  const Configuration other = check_warning(with_keys(subnet + R"json("b"]}])json"),
                                            "Dhcp6.subnet6[0].client-classes[0]", "only a reservation");
  CHECK(other.subnets[0].guard.contains(0));
}

TEST_CASE("client-classes: more than there is room for is an error") {
  std::string classes;
  for (size_t i = 0; i <= lease::kMaxClasses; ++i)
    classes += (i == 0 ? "{\"name\": \"c" : ", {\"name\": \"c") + std::to_string(i) + "\"}";
  check_one_error(with_classes(classes), "Dhcp6.client-classes", "more than 256");
}

}  // namespace tandem6::config_classes_test
