// The data of the option V6_DNR (RFC 9463), from the text of the configuration.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "dataplane/wire/error.h"

namespace tandem6::control {

/// Its values in Kea's order: priority, name of the resolver, and then, unless the name is to be enough, addresses and
/// parameters, each divided by blanks: "100", "dot.example.", "2001:db8::1 2001:db8::2", "alpn=dot,h2 port=8530".
tl::expected<std::vector<std::byte>, Error> encode_dnr(const std::vector<std::string>& values);

}  // namespace tandem6::control
