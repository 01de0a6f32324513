// Makes HTML from the templates: brings the names that every page has, and the error pages.
#pragma once

#include <memory>
#include <string>

#include "hub/dispatch/page_renderer.hpp"
#include "hub/dispatch/request_context.hpp"
#include "jinja/environment.hpp"

namespace jhub::hub::pages {

class Renderer final : public PageRenderer {
  public:
    // Parses every template, the site's own and the shipped ones; a mistake is an error with file and line.
    static Result<std::unique_ptr<Renderer>> create(Hub const& hub);

    Result<http::Response> render(RequestContext& context, std::string_view name, jinja::Dict values,
                                  http::Status status = http::Status::ok) override;
    Result<std::string> render_text(RequestContext& context, std::string_view name, std::string_view source,
                                    jinja::Dict values) override;
    http::Response error_page(RequestContext& context, PageError const& error) override;

  private:
    explicit Renderer(std::unique_ptr<jinja::Environment> environment, std::string version_hash);
    [[nodiscard]] jinja::Dict common_names(RequestContext& context) const;

    std::unique_ptr<jinja::Environment> environment_;
    std::string version_hash_;
};

} // namespace jhub::hub::pages
