// file_error.hpp: errno as an Error. Private to the file sources.
#pragma once

#include <string>

#include <weir/result.hpp>

namespace weir {

/// "PATH: cannot VERB: reason [code]"; `otherwise` is the code of what has no code of its own.
Error file_error(int code, const std::string& path, const char* verb, const char* otherwise);

}  // namespace weir
