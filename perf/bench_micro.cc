// The parts that a packet's or a lease's cost is made of, one by one (Google Benchmark: see --help for its options).
#include <benchmark/benchmark.h>

#include <array>
#include <cstdint>
#include <string_view>

#include "dataplane/lease/hash.h"
#include "dataplane/lease/index_table.h"
#include "dataplane/wire/frame.h"
#include "dataplane/wire/message.h"
#include "perf/network.h"
#include "storage/record_codec.h"

namespace tandem6::perf {
namespace {

const Duid kServer = *Duid::parse("0002000000017465");
constexpr Binding kBinding{.client = 7, .address = {}, .prefix = {}};

wire::ParsedFrame parse(Bytes frame) {
  wire::ParsedFrame parsed;
  wire::parse_frame(frame, {}, {.accept_partial_checksum = false, .checksum_verified = true}, parsed);
  return parsed;
}

void parse_frame(benchmark::State& state) {
  FrameMaker maker(wire::MessageType::kRenew, true, &kServer);
  const Bytes frame = maker.frame(kBinding);
  for (auto _ : state) benchmark::DoNotOptimize(parse(frame));
}
BENCHMARK(parse_frame);

void parse_message(benchmark::State& state) {
  FrameMaker maker(wire::MessageType::kRenew, true, &kServer);
  const Bytes frame = maker.frame(kBinding);
  const wire::ParsedFrame parsed = parse(frame);
  const Bytes datagram = frame.subspan(parsed.payload_offset, parsed.payload_size);
  wire::ReceivedMessage received;
  for (auto _ : state) benchmark::DoNotOptimize(received.parse(datagram));
}
BENCHMARK(parse_message);

void build_frame(benchmark::State& state) {
  FrameMaker maker(wire::MessageType::kRenew, true, &kServer);
  const wire::ParsedFrame parsed = parse(maker.frame(kBinding));
  std::array<std::byte, 512> out{};
  for (auto _ : state) benchmark::DoNotOptimize(wire::build_frame(parsed.header, 150, out));
}
BENCHMARK(build_frame);

void hash_duid(benchmark::State& state) {
  const Duid duid = client_duid(7);
  for (auto _ : state) benchmark::DoNotOptimize(lease::duid_hash(duid.bytes()));
}
BENCHMARK(hash_duid);

void hash_duid_with_key(benchmark::State& state) {
  const Duid duid = client_duid(7);
  const lease::HashKey key{1, 2};
  for (auto _ : state) benchmark::DoNotOptimize(lease::keyed_hash(key, duid.bytes()));
}
BENCHMARK(hash_duid_with_key);

/// As many entries as the argument says; looked up in another order than they were put in.
void look_up_index(benchmark::State& state) {
  const auto entries = static_cast<uint32_t>(state.range(0));
  const auto hash_of = [](uint64_t number) { return number * 0x9e3779b97f4a7c15 ^ number << 17; };
  lease::IndexTable table;
  for (uint32_t index = 0; index < entries; ++index) table.insert(hash_of(index), index);
  uint32_t wanted = 0;
  for (auto _ : state) {
    wanted = (wanted + 0x9e3779b1U) % entries;
    benchmark::DoNotOptimize(table.find(hash_of(wanted), [&](uint32_t index) { return index == wanted; }));
  }
}
BENCHMARK(look_up_index)->Arg(1000)->Arg(100'000)->Arg(10'000'000);

lease::LeaseRecord sample_lease() {
  lease::LeaseRecord record;
  record.key.address = *Ipv6Address::parse("2001:db8:1::7");
  record.duid = client_duid(7);
  record.preferred = Seconds{3600};
  record.valid = Seconds{7200};
  record.last_contact = kNow;
  return record;
}

void encode_record(benchmark::State& state) {
  const lease::LeaseRecord record = sample_lease();
  std::array<char, storage::kMaxValueSize> value;
  for (auto _ : state) benchmark::DoNotOptimize(storage::encode_value(record, value));
}
BENCHMARK(encode_record);

void decode_record(benchmark::State& state) {
  const lease::LeaseRecord record = sample_lease();
  std::array<char, storage::kMaxValueSize> value;
  const storage::EncodedKey key = storage::encode_key(record.key);
  const std::string_view encoded(value.data(), storage::encode_value(record, value));
  for (auto _ : state) benchmark::DoNotOptimize(storage::decode({key.data(), key.size()}, encoded));
}
BENCHMARK(decode_record);

}  // namespace
}  // namespace tandem6::perf

BENCHMARK_MAIN();
