// Servers that were told to stop and are not known to have stopped yet: a hub that ends in between leaves them to the
// next one. Kept among the settings of our own (own_tables.hpp), so the Python hub knows nothing of them; each is bound
// to the start it speaks of, so that one which that hub began since is left alone.
#pragma once

#include <cstdint>
#include <vector>

#include "store/transaction.hpp"

namespace jhub::store {

struct StopIntention {
    enum class Then {
        stays,   // the name is kept
        removed, // and so is the name
    };
    std::int64_t spawner_id = 0;
    Then then = Then::stays;
};

// Replaces a former one, but a removal stays one. Nothing happens when the spawner's row says that it does not run.
void save_stop_intention(Transaction&, StopIntention const& intention);
// Those whose start is still the one in the spawner's row, by spawner.
std::vector<StopIntention> list_stop_intentions(Transaction&);
void delete_stop_intention(Transaction&, std::int64_t spawner_id);

} // namespace jhub::store
