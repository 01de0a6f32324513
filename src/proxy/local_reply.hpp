// Answers the proxy gives itself: error pages, the health check, the REST API.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/head_parser.hpp"

namespace jhub::proxy {

struct LocalReply {
    int status = 200;
    std::string content_type; // none when empty
    std::string body;
    std::vector<std::pair<std::string, std::string>> fields;
};

enum class Ending : std::uint8_t { keep_alive, close };
// The whole response; head_only leaves the body out, but announces its length.
void append_local_reply(std::string& out, LocalReply const& reply, bool head_only, Ending ending);

// What every error page carries: not to be framed, not to be taken for another type.
inline constexpr std::array<std::pair<std::string_view, std::string_view>, 3> page_protection{{
    {"Content-Security-Policy", "frame-ancestors 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "same-origin"},
}};

// Built-in pages, or the files DIR/CODE.html and DIR/error.html when a directory is given (reference cli.md §3.5).
[[nodiscard]] LocalReply error_page(int status, std::string const& directory);
// The reason phrase as text, for when nothing better can be had.
[[nodiscard]] LocalReply plain_error(int status, std::string_view explanation = {});

// Answers requests that are not forwarded. Called on the thread of the worker that read the request.
class LocalService {
  public:
    virtual ~LocalService() = default;
    // Before a byte of the body is read: an answer here ends the matter.
    virtual std::optional<LocalReply> answer_early(http::RequestHeadView const& head) = 0;
    virtual LocalReply answer(http::RequestHead const& head, std::string const& body) = 0;
};

} // namespace jhub::proxy
