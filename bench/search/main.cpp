// main.cpp: weir-bench-search SUITE [ARGUMENT...]: the search engine's parts alone, beside what they are held against.
//
//   lists    the list kernel beside a bare enumerator (list_speed.cpp)
//   tree     the tree search beside a bare scan of children (tree_speed.cpp)
//   networks networks by size of batch (net_speed.cpp)
//   requests many requests beside one, and beside the network's bare batches (request_speed.cpp)
//   steps    how long one simulation of each kernel takes (step_speed.cpp)
//   cancel   from a cancel to its reply (cancel_speed.cpp)
//   experience lists with and without what solved tasks have taught (experience_speed.cpp)
//   games    Connect Four with a network: strength, requests, workers (game_strength.cpp)
//   guidance lists with and without the network; makes its weights (net_guidance.cpp)
#include <cstdio>
#include <string>
#include <suites.hpp>
#include <vector>

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + (argc < 2 ? 1 : 2), argv + argc);
  const std::string suite = argc < 2 ? "" : argv[1];
  if (suite == "lists") return weir::bench::list_speed(arguments);
  if (suite == "steps") return weir::bench::step_speed(arguments);
  if (suite == "cancel") return weir::bench::cancel_speed(arguments);
  if (suite == "experience") return weir::bench::experience_speed(arguments);
  if (suite == "tree") return weir::bench::tree_speed(arguments);
  if (suite == "networks") return weir::bench::net_speed(arguments);
  if (suite == "requests") return weir::bench::request_speed(arguments);
  if (suite == "games") return weir::bench::game_strength(arguments);
  if (suite == "guidance") return weir::bench::net_guidance(arguments);
  std::fputs(
      "usage: weir-bench-search lists [--calls N] [--tasks N] [--seed N] [--limit SECONDS] [--bare "
      "yes|no]\n"
      "                               [--prior none|oracle|noisy]\n"
      "       weir-bench-search tree [--quick]\n"
      "       weir-bench-search networks [--rounds N]\n"
      "       weir-bench-search requests\n"
      "       weir-bench-search steps [--data DIR] [--only sygus|text|lists] [--repeats N] "
      "[--simulations N]\n"
      "                               [--tasks N] [--slow MS]\n"
      "       weir-bench-search cancel [--rounds N]\n"
      "       weir-bench-search experience [--calls N] [--learn N] [--tasks N] [--seed N]\n"
      "       weir-bench-search games [--quick] [--weights FILE] [--ship WEIGHTS LINES]\n"
      "       weir-bench-search guidance [--make FILE] [--make-worth FILE]\n",
      stderr);
  return 2;
}
