// What a configuration says of certificates, held against the files of this machine.
#pragma once

#include <vector>

#include "control/config/configuration.h"

namespace tandem6::daemon {

/// A warning for each relationship whose TLS cannot work with the files as they are: not there, unusable, expired. No
/// more than that: the file may be meant for another machine, and a server without its partner serves.
std::vector<control::Remark> certificate_remarks(const control::Configuration& configuration);

}  // namespace tandem6::daemon
