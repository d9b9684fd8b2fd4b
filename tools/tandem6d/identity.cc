#include "tools/tandem6d/identity.h"

#include <sys/random.h>

#include <cstring>
#include <string>

#include "dataplane/wire/require.h"

namespace tandem6::daemon {

lease::HashKey random_key() {
  lease::HashKey key;
  require(getrandom(&key, sizeof key, 0) == sizeof key, "the kernel gives 16 random bytes");
  return key;
}

tl::expected<lease::HashKey, Error> kept_search_key(storage::Store& store) {
  static const std::string kName = "search-key";
  auto kept = store.get_meta(kName);
  if (!kept) return tl::unexpected(kept.error());
  lease::HashKey key;
  if (kept->has_value() && (*kept)->size() == sizeof key) {
    std::memcpy(&key, (*kept)->data(), sizeof key);
    return key;
  }
  key = random_key();
  std::string bytes(sizeof key, '\0');
  std::memcpy(bytes.data(), &key, sizeof key);
  if (auto put = store.put_meta(kName, bytes); !put) return tl::unexpected(put.error());
  return key;
}

}  // namespace tandem6::daemon
