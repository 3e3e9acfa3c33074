// main.cpp: weir-bench-search SUITE [ARGUMENT...]: the search engine's parts alone, beside what they are held against.
//
//   lists    the list kernel beside a bare enumerator (list_speed.cpp)
#include <cstdio>
#include <string>
#include <suites.hpp>
#include <vector>

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + (argc < 2 ? 1 : 2), argv + argc);
  const std::string suite = argc < 2 ? "" : argv[1];
  if (suite == "lists") return weir::bench::list_speed(arguments);
  std::fputs(
      "usage: weir-bench-search lists [--calls N] [--tasks N] [--seed N] [--limit SECONDS] [--bare "
      "yes|no]"
      " [--prior none|oracle|noisy]\n",
      stderr);
  return 2;
}
