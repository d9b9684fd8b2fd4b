#include "dataplane/lease/option_blocks.h"

#include <doctest/doctest.h>

#include <array>
#include <vector>

namespace tandem6::lease::option_blocks_test {
namespace {

constexpr AnswerKind kAdvertise{wire::MessageType::kAdvertise, wire::MessageType::kSolicit};
constexpr AnswerKind kReply{wire::MessageType::kReply, wire::MessageType::kRequest};

std::vector<std::byte> codes(std::initializer_list<uint16_t> list) {
  std::vector<std::byte> bytes(2 * list.size());
  size_t at = 0;
  for (const uint16_t code : list) wire::store_be16(&bytes[2 * at++], code);
  return bytes;
}

OptionSet options(std::initializer_list<uint16_t> list, std::string_view data) {
  OptionSet set;
  for (const uint16_t code : list) set.set(code, wire::bytes_of(data), false);
  return set;
}

using Written = std::vector<std::byte>;

/// What the client gets, by way of the blocks or not.
class World {
 public:
  explicit World(std::initializer_list<const OptionSet*> scopes) {
    for (const OptionSet* scope : scopes) chain_.push(scope);
  }
  Written direct(const std::vector<std::byte>& requested, AnswerKind kind, const ClassSet& classes = {}) {
    wire::Writer out(space_);
    write_options(out, wish(requested, kind, classes), {chain_.begin(), chain_.size()});
    return {out.written().begin(), out.written().end()};
  }
  Written kept(const std::vector<std::byte>& requested, AnswerKind kind, uint64_t configuration = 1,
               const ClassSet& classes = {}) {
    wire::Writer out(space_);
    blocks.write(out, wish(requested, kind, classes), chain_, configuration);
    return {out.written().begin(), out.written().end()};
  }
  OptionBlocks blocks;

 private:
  static OptionWish wish(const std::vector<std::byte>& requested, AnswerKind kind, const ClassSet& classes) {
    return {.requested = wire::OptionRequestView::parse(requested), .classes = classes, .options = {}, .kind = kind};
  }
  OptionChain chain_;
  std::array<std::byte, 4096> space_;
};

TEST_CASE("a block is what write_options() writes, at first and again, for each set of codes and kind of answer") {
  const OptionSet subnet = options({23, 7}, "subnet");
  const OptionSet global = options({23, 24, 31, 82, 250}, "global");
  World world({&subnet, &global});
  const std::array lists{codes({}),       codes({23}),          codes({23, 24}),  codes({24, 23, 24}),
                         codes({31, 82}), codes({23, 250, 82}), codes({1000, 23})};
  for (int round = 0; round < 3; ++round) {
    for (const auto& list : lists) {
      for (const AnswerKind kind : {kAdvertise, kReply}) CHECK(world.kept(list, kind) == world.direct(list, kind));
    }
  }
  CHECK(world.kept(codes({23}), kAdvertise) != world.kept(codes({23}), kReply));  // Preference
}

TEST_CASE("another configuration gets its own block, though its scopes lie where those of the last one lay") {
  OptionSet global = options({23}, "before");
  World world({&global});
  const Written before = world.kept(codes({23}), kReply, 1);
  global = options({23}, "behind");
  CHECK(world.kept(codes({23}), kReply, 1) == before);
  CHECK(world.kept(codes({23}), kReply, 2) == world.direct(codes({23}), kReply));
  CHECK(world.kept(codes({23}), kReply, 2) != before);
}

TEST_CASE("options that depend on the client are chosen for each anew") {
  ClassSet guarded;
  guarded.add(3);
  OptionSet global;
  ConfiguredOption option;
  option.code = 23;
  option.data = {std::byte{1}};
  option.guard = guarded;
  global.add(option);
  World world({&global});
  const Written without = world.kept(codes({23}), kReply);
  CHECK(without.empty());
  CHECK(world.kept(codes({23}), kReply, 1, guarded).size() == 5);
  CHECK(world.kept(codes({23}), kReply) == without);
}

TEST_CASE("what is too long for a block, or does not fit into the answer, is not kept") {
  const OptionSet global = options({23}, std::string(1000, 'x'));
  World world({&global});
  for (int round = 0; round < 2; ++round) CHECK(world.kept(codes({23}), kReply).size() == 1004);

  const OptionSet small = options({23}, "small");
  World other({&small});
  std::array<std::byte, 4> narrow;
  wire::Writer out(narrow);
  OptionChain chain;
  chain.push(&small);
  const auto list = codes({23});
  other.blocks.write(
      out, {.requested = wire::OptionRequestView::parse(list), .classes = {}, .options = {}, .kind = kReply}, chain, 1);
  CHECK(out.overflow());
  CHECK(other.kept(list, kReply) == other.direct(list, kReply));
}

}  // namespace
}  // namespace tandem6::lease::option_blocks_test
