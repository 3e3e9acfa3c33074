#include "child.hpp"

#include <weir/detail/fork.hpp>

#include <doctest/doctest.h>

TEST_CASE("fork: the generation rises in a child and in its child, never in the parent") {
  const std::uint32_t here = weir::fork_generation();
  const weir::test::Child child = weir::test::in_child([here] {
    if (weir::fork_generation() != here + 1) return false;
    const weir::test::Child grandchild =
        weir::test::in_child([here] { return weir::fork_generation() == here + 2; });
    return grandchild.code == 0 && weir::fork_generation() == here + 1;
  });
  CHECK(child.code == 0);
  CHECK(weir::fork_generation() == here);
}
