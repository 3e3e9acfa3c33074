// net_state.hpp: a training run's state within a file, whatever else that file holds; private to the engine.
//
// Shape:  {step:8, seed:8, tasks:8, batch:4, shard_rows:4}, the architecture, its parameters, both moments.
// Errors: those of net_bytes.hpp; where: the source's name and the byte.
#pragma once

#include <weir/search/net_trainer.hpp>

#include "net_bytes.hpp"

namespace weir::search::nets {

void put_state(ByteWriter& out, const TrainState& state);
Result<Done> get_state(ByteReader& in, TrainState& state);

}  // namespace weir::search::nets
