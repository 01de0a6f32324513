// How HTML is made, as the dispatcher and the handlers see it. The real one is in hub/pages.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "http/server.hpp"
#include "jinja/value.hpp"

namespace jhub::hub {

class RequestContext;

// What an error page shows (reference http-pages.md §9).
struct PageError {
    http::Status status = http::Status::internal_server_error;
    std::string message;
    jinja::Dict extra;
};

class PageRenderer {
  public:
    virtual ~PageRenderer() = default;
    // A template with the common names and those given. A mistake in a template is Errc::failed with file and line.
    virtual Result<http::Response> render(RequestContext& context, std::string_view name, jinja::Dict values,
                                          http::Status status = http::Status::ok) = 0;
    // Text that is itself a template, with the common names and those given; name is for messages.
    virtual Result<std::string> render_text(RequestContext& context, std::string_view name, std::string_view source,
                                            jinja::Dict values) = 0;
    // Never fails: a site's broken error template falls back to plain text.
    virtual http::Response error_page(RequestContext& context, PageError const& error) = 0;
};

} // namespace jhub::hub
