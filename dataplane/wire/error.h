// What went wrong because of the world, told to a person: what, where, and what to do about it.
#pragma once

#include <string>

namespace tandem6 {

struct Error {
  std::string message;
};

}  // namespace tandem6
