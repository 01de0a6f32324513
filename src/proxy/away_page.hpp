// What a browser shows while the hub cannot be reached: that it will be back, that notebooks go on. The page tries
// again by itself. It holds no word of the request's.
#pragma once

#include <cstdint>
#include <string_view>

#include "http/method.hpp"
#include "proxy/local_reply.hpp"

namespace jhub::proxy {

// Whether a request is that of a browser which opens a page: the value of its Accept header says so.
[[nodiscard]] bool wants_page(std::string_view accept);

// 503 with the page. Of what was not a GET it says that it was not done. salt: any number, so that many who wait do not
// come back all at once.
[[nodiscard]] LocalReply away_page(http::Method method, std::uint64_t salt);

// The same for programs: the reason phrase as text, with Retry-After when it is a 503.
[[nodiscard]] LocalReply away_text(int status, std::uint64_t salt);

} // namespace jhub::proxy
