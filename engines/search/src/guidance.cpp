#include "guidance.hpp"

namespace weir::search::program {

Result<bool> load_guidance(const std::string&, Guidance&) { return true; }

}  // namespace weir::search::program
