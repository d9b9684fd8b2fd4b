// What listeners do when a connection cannot be accepted: out of descriptors, say.
#pragma once

#include <chrono>

namespace tandem6::control {

/// Then they go on by themselves, as there may be some again.
inline constexpr std::chrono::milliseconds kPauseAfterFailedAccept{100};

}  // namespace tandem6::control
