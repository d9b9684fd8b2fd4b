// Comments, commas, numbers, and the places of what is wrong.
#include "config_fixtures.h"
#include "control/config/json_text.h"

namespace tandem6::config_text_test {

using namespace tandem6::control;

namespace {

struct Expected {
  std::string text;
  int line;
  int column;
  std::string_view part;
};

void check_syntax_error(const Expected& expected) {
  const ConfigResult result = parse_configuration(expected.text);
  CAPTURE(expected.text);
  CAPTURE(all_lines(result));
  CHECK_FALSE(result.configuration);
  REQUIRE(result.remarks.size() == 1);
  CHECK(result.remarks[0].is_error);
  CHECK(result.remarks[0].line == expected.line);
  CHECK(result.remarks[0].column == expected.column);
  CHECK(result.remarks[0].text.find(expected.part) != std::string::npos);
}

/// Line and column of the value, and of the key.
void check_place(const std::string& text, const Node& node, Place value, Place key) {
  const Places places(text);
  CAPTURE(node.path());
  CHECK(places.at(node.offset).line == value.line);
  CHECK(places.at(node.offset).column == value.column);
  CHECK(places.at(node.key_offset).line == key.line);
  CHECK(places.at(node.key_offset).column == key.column);
}

}  // namespace

TEST_CASE("every value and every key keeps its line and column") {
  const std::string text =
      "// first line\n"
      "{ \"a\": [1, .5, -2.5e3,], # comment with \"quotes\n"
      "  \"b\" /* here */ : { \"\u00e4\u00f6\": \"x // no comment\", \"last\": null, },\n"
      "}\n";
  const JsonText json = read_json_text(text);
  REQUIRE(json.root);
  const Node& root = *json.root;
  check_place(text, root, {2, 1}, {2, 1});
  const Node& a = *root.find("a");
  check_place(text, a, {2, 8}, {2, 3});
  check_place(text, *a.children[0], {2, 9}, {2, 9});
  check_place(text, *a.children[1], {2, 12}, {2, 12});
  check_place(text, *a.children[2], {2, 16}, {2, 16});
  const Node& b = *root.find("b");
  check_place(text, b, {3, 20}, {3, 3});
  check_place(text, *b.children[0], {3, 28}, {3, 22});
  check_place(text, *b.find("last"), {3, 55}, {3, 47});
  CHECK(b.children[0]->path() == "b.\u00e4\u00f6");
  CHECK(a.children[2]->path() == "a[2]");
  CHECK(root.to_json().dump() == R"({"a":[1,0.5,-2500.0],"b":{"last":null,"äö":"x // no comment"}})");
}

TEST_CASE("a syntax error names its line and column") {
  const std::vector<Expected> cases = {
      {"", 1, 1, "unexpected end of input"},
      {"{\"Dhcp6\": {}", 1, 13, "unexpected end of input"},
      {"{\n  \"Dhcp6\" {}}", 2, 11, "expected ':'"},
      {"{\n  \"Dhcp6\": tru\n}", 2, 12, "invalid literal"},
      {"[1 23]", 1, 4, "expected ']'"},
      {"[,]", 1, 2, "unexpected ','"},
      {"{\"a\": 1,, \"b\": 2}", 1, 9, "unexpected ','"},
      {"[1]]", 1, 4, "unexpected ']'"},
      {"{'a': 1}", 1, 2, "invalid literal"},
      {"[\"ab\ncd\"]", 1, 2, "control character"},
      {"[\"a\xff\"]", 1, 2, "ill-formed UTF-8"},
      {"[1e999]", 1, 2, "number overflow"},
      {"{} /* never ends", 1, 4, "has no end"},
      {"{\n\"a\": 1,\n \"a\": 2}", 3, 2, "twice"},
      {"{\n  <?include \"other.json\"?>\n}", 2, 3, "include"},
      {std::string(100, '['), 1, 65, "nested more than 64"},
  };
  for (const Expected& expected : cases) check_syntax_error(expected);
}

TEST_CASE("comments and points within strings are text") {
  const JsonText json = read_json_text(R"({"a": "/* # // .5 ,]", "b\"": "\\", "c": ["<?x"]})");
  REQUIRE(json.root);
  CHECK(json.root->find("a")->text() == "/* # // .5 ,]");
  CHECK(json.root->find("b\"")->text() == "\\");
  CHECK(json.root->find("c")->children[0]->text() == "<?x");
}

TEST_CASE("a file that cannot be read is an error") {
  const ConfigResult missing = load_configuration("/nonexistent/tandem6.conf");
  REQUIRE(missing.remarks.size() == 1);
  CHECK(missing.remarks[0].to_string("F") == "F: error: cannot read the configuration: No such file or directory");
  CHECK_FALSE(missing.configuration);
  CHECK_FALSE(load_configuration("/").configuration);
  CHECK(load_configuration("/").remarks.at(0).text.find("directory") != std::string::npos);
}

TEST_CASE("a remark is one printable line without the Dhcp6 that every path has") {
  const Remark remark{true, "Dhcp6.subnet6[2].pd-pools[0].delegated-len", 12, 7, "48 is \x1b[31mshorter"};
  CHECK(remark.to_string("kea.conf") ==
        "kea.conf:12:7: error: subnet6[2].pd-pools[0].delegated-len: 48 is ?[31mshorter");
}

TEST_CASE("the whole file is kept, with what people wrote into it") {
  const Configuration configuration = check_clean(
      R"({"comment": "top", "Dhcp6": {"interfaces-config": {"interfaces": ["eth0"], "comment": "ports"},
          "user-context": {"site": [1, 2]}, "subnet6": [{"id": 1, "subnet": "2001:db8::/64",
          "user-context": {"subnet-name": "west"}, "pools": [{"pool": "2001:db8::/80", "comment": "c"}]}]}})");
  CHECK(configuration.source["Dhcp6"]["user-context"]["site"][1] == 2);
  CHECK(configuration.source["Dhcp6"]["subnet6"][0]["user-context"]["subnet-name"] == "west");
  CHECK(configuration.source["comment"] == "top");
}

}  // namespace tandem6::config_text_test
