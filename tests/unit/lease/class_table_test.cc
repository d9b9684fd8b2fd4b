// Which classes a message is in, step by step (Kea's manual, "Classification Steps").
#include "dataplane/lease/class_table.h"

#include <doctest/doctest.h>

#include "tests/support/packet.h"

namespace tandem6::lease::class_table_test {
namespace {

using namespace tandem6::testing;
using Membership = ClientClass::Membership;

ClientClass given(std::string name) {
  ClientClass made;
  made.name = std::move(name);
  return made;
}

/// Those who send this option.
ClientClass sends(std::string name, uint16_t code) {
  ClientClass made = given(std::move(name));
  made.membership = Membership::kTest;
  made.expression.add(term::OptionExists{{.code = code}});
  return made;
}

ClientClass members_of(std::string name, ClassId other) {
  ClientClass made = given(std::move(name));
  made.membership = Membership::kTest;
  made.expression.add(term::Member{other});
  return made;
}

/// Its value is the option's data.
ClientClass spawns(std::string name, uint16_t code) {
  ClientClass made = given(std::move(name));
  made.membership = Membership::kTemplate;
  made.expression.add(term::OptionData{{.code = code}});
  return made;
}

class Classified {
 public:
  Classified(const ClassTable& table, const Octets& datagram) : table_(table), datagram_(datagram) {
    REQUIRE(received_.parse(datagram_) == wire::MessageFault::kNone);
    request.received = &received_;
    failed = table_.classify_first(request, classes);
  }
  std::string names() const {
    std::string all;
    for (size_t id = 0; id < table_.classes().size(); ++id)
      if (classes.contains(static_cast<ClassId>(id))) all += (all.empty() ? "" : " ") + table_.classes()[id].name;
    return all;
  }
  Request request;
  ClassSet classes;
  unsigned failed = 0;

 private:
  const ClassTable& table_;
  Octets datagram_;
  wire::ReceivedMessage received_;
};

Octets solicit(std::initializer_list<Octets> options) { return message(1, 1, options); }

TEST_CASE("classes: without any, a message is in none") {
  const ClassTable table;
  CHECK(table.empty());
  CHECK(Classified(table, solicit({})).classes.empty());
}

TEST_CASE("classes: ALL and the vendor class are there before any expression is looked at") {
  const ClassTable table({members_of("a", 1), given("ALL"), given("VENDOR_CLASS_docsis3.0"), members_of("b", 2)}, {});
  const Octets vendor = option(16, u32(4491) + u16(9) + text("docsis3.0") + u16(1) + text("x"));
  CHECK(Classified(table, solicit({vendor})).names() == "a ALL VENDOR_CLASS_docsis3.0 b");
  CHECK(Classified(table, solicit({option(16, u32(4491) + u16(1) + text("x"))})).names() == "a ALL");
  CHECK(Classified(table, solicit({})).names() == "a ALL");
}

TEST_CASE("classes: what depends on KNOWN, even through another class, waits for the reservation") {
  const ClassTable table({sends("early", 15), members_of("known", 4), members_of("chained", 1), sends("too", 15),
                          given("KNOWN"), given("UNKNOWN"), members_of("stranger", 5)},
                         {});
  Classified client(table, solicit({option(15, {})}));
  CHECK(client.names() == "early too");
  SUBCASE("a client with a reservation") {
    table.add_known(true, client.classes);
    table.classify_after_hosts(client.request, client.classes);
    CHECK(client.names() == "early known chained too KNOWN");
  }
  SUBCASE("a client without") {
    table.add_known(false, client.classes);
    table.classify_after_hosts(client.request, client.classes);
    CHECK(client.names() == "early too UNKNOWN stranger");
  }
}

TEST_CASE("classes: additional ones are joined only when they are asked for, those without a test as they are") {
  ClientClass on_demand = sends("on-demand", 15);
  on_demand.only_additional = true;
  ClientClass other = sends("other", 23);
  other.only_additional = true;
  ClientClass undefined = given("undefined");
  undefined.defined = false;
  const ClassTable table({on_demand, other, given("plain"), undefined}, {});
  Classified client(table, solicit({option(15, {})}));
  CHECK(client.names().empty());
  const std::vector<ClassId> list = {2, 0, 1, 3};
  table.evaluate_additional(list, client.request, client.classes);
  CHECK(client.names() == "on-demand plain");
}

TEST_CASE("classes: DROP") {
  const ClassTable table({sends("DROP", 15)}, {});
  CHECK(table.is_dropped(Classified(table, solicit({option(15, {})})).classes));
  CHECK_FALSE(table.is_dropped(Classified(table, solicit({})).classes));
}

TEST_CASE("classes: a template is joined with the class that its value spawns, if there is one of this name") {
  const ClassTable table(
      {spawns("t", 15), given("SPAWN_t_b"), given("SPAWN_t_a"), given("SPAWN_tt_a"), members_of("of-a", 2)}, {});
  CHECK(Classified(table, solicit({option(15, text("a"))})).names() == "t SPAWN_t_a of-a");
  CHECK(Classified(table, solicit({option(15, text("b"))})).names() == "t SPAWN_t_b");
  CHECK(Classified(table, solicit({option(15, text("c"))})).names() == "t");
  CHECK(Classified(table, solicit({option(15, {})})).names().empty());
}

TEST_CASE("classes: an expression that fails is counted and nobody is in its class") {
  ClientClass broken = given("broken");
  broken.membership = Membership::kTest;
  const ValueRef data = broken.expression.add(term::OptionData{{.code = 15}});
  const ValueRef shown = broken.expression.add(term::NumberText{data, 4, false});
  const ConditionRef equal = broken.expression.add(term::Equal{shown, data});
  broken.expression.add(term::Not{equal});
  const ClassTable table({broken}, {});
  const Classified client(table, solicit({option(15, text("x"))}));
  CHECK(client.failed == 1);
  CHECK(client.classes.empty());
}

TEST_CASE("Kea's manual, Class Priority: ALL first, then the order of the configuration, additional classes last") {
  const auto with_option = [](ClientClass made) {
    made.valid = LifetimeRange(Seconds{1});
    return made;
  };
  ClientClass additional = sends("additional", 15);
  additional.only_additional = true;
  const ClassTable table(
      {with_option(additional), with_option(members_of("late", 6)), with_option(spawns("t", 1)),
       with_option(sends("a", 15)), with_option(given("ALL")), with_option(given("SPAWN_t_x")), given("KNOWN")},
      {});
  std::string order;
  for (const ClassId id : table.precedence()) order += table[id].name + " ";
  CHECK(order == "ALL SPAWN_t_x t a late additional ");
}

}  // namespace
}  // namespace tandem6::lease::class_table_test
