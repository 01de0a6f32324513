// The life of a request at the hub, one function per step: match → authenticate → check XSRF → authorise → handle →
// finish → log. Every request passes all of them, so no handler can forget one.
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
    Task<http::Response> answer(RequestContext& context);
    Task<http::Response> answer_match(RequestContext& context, Match const& match);
    Async<Identified> authenticate(RequestContext& context, Match const& match) const;
    Task<http::Response> answer_untrusted(RequestContext& context, RouteTable const& table) const;
    Task<http::Response> ask_handler(RequestContext& context, Match const& match);
    [[nodiscard]] http::Response refuse(RequestContext& context, Error const& error) const;
    [[nodiscard]] http::Response refuse(RequestContext& context, http::Status status, std::string message = {}) const;
    [[nodiscard]] http::Response refusal(RequestContext& context, http::Status status, std::string message) const;
    static void log_reason(RequestContext const& context, http::Status status, Error const& error);
    [[nodiscard]] http::Response refuse_access(RequestContext& context, rbac::Access access, LoginStart start) const;
    [[nodiscard]] http::Response ask_to_log_in(RequestContext const& context, LoginStart start) const;
    void write_log(RequestContext const& context, http::Response const& response,
                   std::chrono::steady_clock::duration took) const;

    Hub& hub_;
    PageRenderer& pages_;
    Router const& router_;
    KeptAnswers kept_answers_;
};

} // namespace jhub::hub
