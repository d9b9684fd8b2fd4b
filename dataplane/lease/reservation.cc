#include "dataplane/lease/reservation.h"

#include "dataplane/wire/bytes.h"

namespace tandem6::lease {
namespace {

size_t mix(uint64_t value) {
  value = (value ^ value >> 32) * 0x9e3779b97f4a7c15;
  return value ^ value >> 29;
}

Pool pool_of_one(const LeaseKey& key, PoolBook& spaces) {
  Pool pool;
  pool.type = key.type;
  pool.unit_length = key.prefix_length;
  pool.first = key.address;
  pool.last = key.last();
  pool.space = spaces.dense(key.type, key.address, key.prefix_length, 1);
  return pool;
}

}  // namespace

Reservations::Reservations(std::vector<Reservation> reservations, PoolBook& spaces)
    : reservations_(std::move(reservations)) {
  for (const Reservation& reservation : reservations_) {
    by_kind_[static_cast<size_t>(reservation.identifier)] = true;
    by_identity_.emplace(Identity{reservation.scope, reservation.identifier, reservation.value}, &reservation);
    for (size_t place = 0; place < reservation.units.size(); ++place) {
      const LeaseKey& key = reservation.units[place];
      by_unit_.emplace(key, static_cast<uint32_t>(units_.size()));
      units_.push_back({.holder = &reservation, .pool = pool_of_one(key, spaces), .fresh = false});
      if (place < reservation.pd_exclude.size()) units_.back().pool.pd_exclude = reservation.pd_exclude[place];
      units_.back().fresh = spaces.is_fresh(units_.back().pool);
    }
  }
}

const Reservation* Reservations::find(uint32_t scope, HostIdentifier identifier, Bytes value) const {
  if (!any_by(identifier)) return nullptr;
  const auto found = by_identity_.find(Identity{scope, identifier, value});
  return found == by_identity_.end() ? nullptr : found->second;
}

const ReservedUnit* Reservations::unit(const LeaseKey& key) const {
  if (units_.empty()) return nullptr;
  const auto found = by_unit_.find(key);
  return found == by_unit_.end() ? nullptr : &units_[found->second];
}

size_t Reservations::IdentityHash::operator()(const Identity& identity) const {
  return mix(duid_hash(identity.value) + (uint64_t{identity.scope} << 2) + static_cast<uint64_t>(identity.identifier));
}

bool Reservations::IdentityEqual::operator()(const Identity& a, const Identity& b) const {
  return a.scope == b.scope && a.identifier == b.identifier && wire::same_bytes(a.value, b.value);
}

size_t Reservations::KeyHash::operator()(const LeaseKey& key) const {
  const U128 number = key.address.number();
  return mix(static_cast<uint64_t>(number >> 64) * 0x9e3779b97f4a7c15 + static_cast<uint64_t>(number) +
             key.prefix_length);
}

}  // namespace tandem6::lease
