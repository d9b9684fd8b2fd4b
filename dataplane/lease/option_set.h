// The options that one scope of the configuration sends (a subnet, a pool, a class …), encoded once when the
// configuration is read. Which of them a client gets is option_choice.h's part.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "dataplane/lease/class_set.h"
#include "dataplane/wire/builder.h"
#include "dataplane/wire/option.h"

namespace tandem6::lease {

/// Whose numbers an option's code is one of: DHCPv6's, those of a vendor, those inside one of the configuration's own
/// containers.
enum class OptionSpace : uint64_t { kDhcp6 = 0 };

/// Inside a Vendor-specific Information option (RFC 8415 §21.17) of this enterprise.
constexpr OptionSpace vendor_space(uint32_t enterprise) { return OptionSpace{uint64_t{1} << 32 | enterprise}; }
/// Any other. The numbers are the configuration's: all sets of a Snapshot mean the same by them.
constexpr OptionSpace own_space(uint32_t number) { return OptionSpace{uint64_t{2} << 32 | number}; }

/// One option as the configuration has it.
struct ConfiguredOption {
  OptionSpace space = OptionSpace::kDhcp6;
  uint16_t code = 0;
  std::vector<std::byte> data;
  bool always_send = false;  ///< also to clients that do not ask for it
  bool never_send = false;   ///< to nobody, whatever this or another scope says
  /// Several of the same code in a scope are all sent. Otherwise the first is that the client may have.
  bool repeats = false;
  /// Of a container: one instance for each option that it holds (RFC 5908 §4).
  bool one_inside = false;
  std::optional<OptionSpace> holds;  ///< a container: the options of this space follow the data
  ClassSet guard;                    ///< empty: for everybody
};

/// Immutable once it is part of a Snapshot.
class OptionSet {
 public:
  /// What is known of an option when a packet is answered.
  struct Entry {
    OptionSpace space;
    uint32_t enterprise;  ///< of Vendor Class and Vendor-specific Information: they are told apart by it
    uint16_t code;
    bool always_send;
    bool never_send;
    bool repeats;
    bool one_inside;
    bool guarded;
    std::optional<OptionSpace> holds;
    ClassSet guard;
    uint32_t at;  ///< where it is encoded
    uint32_t size;

    friend bool operator==(const Entry&, const Entry&) = default;
    bool admits(const ClassSet& classes) const { return !guarded || guard.intersects(classes); }
    /// Is it the same option, so that one of the two is enough?
    bool same_option(const Entry& other) const {
      return space == other.space && code == other.code && enterprise == other.enterprise;
    }
  };
  using Entries = std::span<const Entry>;

  /// Adds an option behind those of its code. Its data is at most 65,535 bytes.
  void add(const ConfiguredOption& option);
  /// Adds a plain option, or replaces those with its code.
  void set(uint16_t code, Bytes data, bool always_send);
  bool empty() const { return entries_.empty(); }
  /// Own spaces and classes are told by their numbers, which another configuration may give otherwise.
  friend bool operator==(const OptionSet&, const OptionSet&) = default;

  /// Writes what a client of no class gets of this set alone: see write_options().
  void write(wire::Writer& out, const std::optional<wire::OptionRequestView>& requested) const;

  // --- for write_options()
  // -----------------------------------------------------------------------------------------------
  /// By space, code and enterprise, and then as they were added; DHCPv6's own come first.
  Entries entries() const { return entries_; }
  Entries in(OptionSpace space) const {
    // Asked for in every answer, and in front of all others.
    return space == OptionSpace::kDhcp6 ? Entries(entries_).first(dhcp6_count_) : search(space);
  }
  /// Those that are the same option as `wanted`.
  Entries like(const Entry& wanted) const;
  /// Is one of DHCPv6's own sent always, or never?
  bool has_flags() const { return has_flags_; }
  /// Do options in it go to some clients only: by class, or by what they say of vendors?
  bool depends_on_client() const { return has_guards_ || !enterprises_.empty(); }
  /// Whose vendor options there are, in order.
  std::span<const uint32_t> enterprises() const { return enterprises_; }
  /// With its header.
  Bytes encoded(const Entry& entry) const { return Bytes(bytes_).subspan(entry.at, entry.size); }
  Bytes data(const Entry& entry) const { return encoded(entry).subspan(kHeader); }

 private:
  static constexpr size_t kHeader = 4;  // code and length (RFC 8415 §21.1)

  void insert(Entry entry, Bytes encoded);
  void count_dhcp6();
  Entries search(OptionSpace space) const;

  std::vector<Entry> entries_;
  std::vector<std::byte> bytes_;  // all of them encoded, so that writing one is one copy
  std::vector<uint32_t> enterprises_;
  size_t dhcp6_count_ = 0;  // of the entries, in the space kDhcp6
  bool has_flags_ = false;
  bool has_guards_ = false;
};

}  // namespace tandem6::lease
