// Fuzzes the reading of a configuration: any text is accepted or refused with remarks that lie in it. What is accepted
// is read the same way again from what config-get would show. The input is the file.
#include <string>

#include "control/config/configuration.h"
#include "dataplane/wire/require.h"

using namespace tandem6;
using namespace tandem6::control;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const ConfigResult result = parse_configuration(text);
  bool refused = false;
  for (const Remark& remark : result.remarks) {
    require(remark.line > 0 && remark.column > 0, "a remark has a place");
    refused = refused || remark.is_error;
  }
  require(refused != result.configuration.has_value(), "refused with an error, or accepted");
  if (!result.configuration) return 0;
  const ConfigResult again = parse_configuration(result.configuration->source.dump());
  require(again.configuration.has_value(), "what was accepted is accepted again");
  require(again.configuration->source == result.configuration->source, "and is the same");
  return 0;
}
