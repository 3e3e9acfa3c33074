// weir.hpp: everything that a user of the runtime needs.
#pragma once

#include <weir/lane.hpp>
#include <weir/requests.hpp>
#include <weir/ring.hpp>
#include <weir/runtime.hpp>
#include <weir/stream_graph.hpp>
#include <weir/task.hpp>
#include <weir/task_graph.hpp>
