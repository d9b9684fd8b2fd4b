// Writing a file so that whoever reads it sees the old one or the new one, whole, also after a power cut.
#pragma once

#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "dataplane/wire/error.h"

namespace tandem6::control {

/// Writes `content` to a temporary file beside `path`, syncs it, and renames it to `path`. A file that is there keeps
/// its owner and mode; a new one has mode 0640. A symbolic link is followed. Nothing is left behind after an error.
tl::expected<void, Error> replace_file(const std::string& path, std::string_view content);

}  // namespace tandem6::control
