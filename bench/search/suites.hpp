// suites.hpp: what weir-bench-search runs, by its first argument.
#pragma once

#include <string>
#include <vector>

namespace weir::bench {

/// Arguments behind the suite's name; the exit status.
int experience_speed(const std::vector<std::string>& arguments);
int list_speed(const std::vector<std::string>& arguments);
int game_strength(const std::vector<std::string>& arguments);
int tree_speed(const std::vector<std::string>& arguments);
int net_guidance(const std::vector<std::string>& arguments);
int net_speed(const std::vector<std::string>& arguments);
int request_speed(const std::vector<std::string>& arguments);
int step_speed(const std::vector<std::string>& arguments);
int cancel_speed(const std::vector<std::string>& arguments);

}  // namespace weir::bench
