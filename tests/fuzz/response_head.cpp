// The parser of response heads, and what the proxy writes to the client from its result.
#include "head_comparison.hpp"
#include "http/body.hpp"
#include "proxy/forwarding.hpp"
#include "proxy/routes.hpp"

namespace {

using namespace jhub;
using fuzz::require;

void forward(http::ResponseHeadView const& head, http::Method method)
{
    static proxy::ForwardRules const rules{.auto_rewrite = true, .protocol_rewrite = "https"};
    proxy::Route route;
    route.key = "/user/ada";
    route.target = *proxy::parse_target("http://target.test:81");
    proxy::RequestFacts facts;
    facts.method = method;
    facts.host = "public.test";
    auto const body = http::response_framing(head, method);
    std::string out;
    auto const framing = proxy::append_client_response(out, head, body, facts, route, rules);
    http::Limits const roomy{.request_line = 64 * 1024, .header_block = 512 * 1024, .header_count = 2000};
    http::ResponseHeadView sent;
    auto const outcome = http::parse_response_head(out, roomy, sent, 0);
    require(outcome.done() && outcome.used == out.size(), "what is sent to the client is one well-formed head");
    require(sent.status == head.status, "the status stays");
    auto const read = http::response_framing(sent, method);
    require(read.kind == framing.kind, "the client frames the body as the proxy does");
    require(read.kind != http::Framing::length || read.length == body.length, "the length stays");
    require(framing.kind != http::Framing::until_close || !sent.keep_alive,
            "a body without an end ends the connection");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    http::ResponseHeadView head;
    http::Limits const limits{.header_block = 64 * 1024, .header_count = 500};
    auto const outcome = fuzz::parse_in_all_ways<http::ResponseHeadView>(fuzz::as_text(data, size), limits, head,
                                                                         &http::parse_response_head);
    if (!outcome.done() || head.status < 200)
        return 0;
    for (auto const method : {http::Method::get, http::Method::head})
        forward(head, method);
    return 0;
}
