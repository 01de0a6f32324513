// The hub's own precompiled header: what its handlers share, beside what all layers share. Not to be included by hand.
#pragma once

#include "base/precompiled.hpp" // IWYU pragma: export

#include "hub/dispatch/page_renderer.hpp"
#include "hub/dispatch/request_context.hpp"
#include "hub/dispatch/route.hpp"
#include "store/overview.hpp"
#include "store/shares.hpp"
#include "store/tokens.hpp"
