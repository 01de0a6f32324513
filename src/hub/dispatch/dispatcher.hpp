// The life of a request at the hub, one function per step: match → authenticate → check XSRF → authorise → handle →
// finish → log. Authentication, XSRF, errors, headers and the access log are here, so that no handler can forget them.
#pragma once

#include "http/server.hpp"
#include "hub/core/identity.hpp"
#include "hub/dispatch/kept_answers.hpp"
#include "hub/dispatch/page_renderer.hpp"
#include "hub/dispatch/request_context.hpp"
#include "hub/dispatch/router.hpp"

namespace jhub::hub {

class Dispatcher final : public http::RequestHandler {
  public:
    // All three must outlive the dispatcher.
    Dispatcher(Hub& hub, PageRenderer& pages, Router const& router);

    Task<http::Response> handle(http::Request request) override;

  private:
    [[nodiscard]] std::optional<http::Response> leave_prefix(RequestContext& context) const;
    [[nodiscard]] std::optional<http::Response> leave_subdomain(RequestContext const& context,
                                                                RouteTable const& table) const;
    Task<http::Response> answer(RequestContext& context);
    Task<http::Response> answer_match(RequestContext& context, Match const& match);
    Task<http::Response> ask_handler(RequestContext& context, Match const& match);
    [[nodiscard]] Claim claim_of(RequestContext& context, Match const& match) const;
    [[nodiscard]] bool passes_xsrf(RequestContext& context, Match const& match) const;
    [[nodiscard]] http::Response refuse(RequestContext& context, RouteTable const* table, Error const& error) const;
    [[nodiscard]] http::Response refuse(RequestContext& context, RouteTable const* table, http::Status status,
                                        std::string message) const;
    [[nodiscard]] http::Response ask_to_log_in(RequestContext& context) const;
    void finish(RequestContext& context, RouteTable const* table, http::Response& response) const;
    void write_log(RequestContext const& context, http::Response const& response,
                   std::chrono::steady_clock::duration took) const;

    Hub& hub_;
    PageRenderer& pages_;
    Router const& router_;
    KeptAnswers kept_answers_;
};

} // namespace jhub::hub
