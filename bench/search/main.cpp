// weir-bench-search tree|lists [WORD...]: how fast the searches of weir-search are, beside what they are held against.
#include <cstdio>
#include <string_view>

int tree_speed(int count, char** words);

int main(int argc, char** argv) {
  const std::string_view what = argc > 1 ? argv[1] : "";
  if (what == "tree") return tree_speed(argc - 2, argv + 2);
  std::fprintf(stderr, "usage: weir-bench-search tree [--quick]\n");
  return 2;
}
