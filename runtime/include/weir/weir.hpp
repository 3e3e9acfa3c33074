// weir.hpp: everything that a user of the runtime needs.
#pragma once

#include <weir/runtime.hpp>
#include <weir/task.hpp>
