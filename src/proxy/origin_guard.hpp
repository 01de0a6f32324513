// All servers share one origin with the hub: what a response may do to the browser outside its own prefix.
#pragma once

#include "http/head_parser.hpp"
#include "proxy/routes.hpp"

namespace jhub::proxy {

// Whether a response of this route must go without the header. A server under /user/ada/ may not steer the browser's
// storage, service workers or hub session of other paths. Other cookies pass: programs behind a server often set theirs
// for "/".
[[nodiscard]] bool oversteps_its_prefix(http::HeaderView const& header, Route const& route);

} // namespace jhub::proxy
