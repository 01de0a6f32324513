// The parser of request heads, and what the proxy writes from its result: the head that goes to the target must read as
// the same request.
#include "head_comparison.hpp"
#include "http/writer.hpp"
#include "proxy/forwarding.hpp"

namespace {

using namespace jhub;
using fuzz::require;

void forward(http::RequestHeadView const& head)
{
    if (head.form == http::TargetForm::authority)
        return;
    auto const path = proxy::parse_request_target(head.origin_target);
    proxy::RouteKey key;
    if (!path || !key.append_path(path->path))
        return;
    static proxy::Target const target = *proxy::parse_target("http://target.test:81");
    static proxy::ForwardRules const rules;
    auto const kind = proxy::exchange_kind(head);
    auto const sent_path = proxy::upstream_path(target, *path, 0, {});
    std::string out;
    proxy::append_upstream_request(out, head, target, sent_path, {"192.0.2.7", false, true}, rules, kind);
    http::Limits const roomy{.request_line = 64 * 1024, .header_block = 256 * 1024, .header_count = 1000};
    http::RequestHeadView sent;
    auto const outcome = http::parse_request_head(out, roomy, sent, 0);
    require(outcome.done() && outcome.used == out.size(), "what is sent to the target is one well-formed head");
    require(sent.method_text == head.method_text, "the method stays");
    require(sent.target == sent_path, "the path is the one that was routed");
    require(sent.framing == head.framing, "the framing stays");
    require(sent.upgrade == (kind == proxy::ExchangeKind::websocket), "only a WebSocket is upgraded");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    http::RequestHeadView head;
    auto const outcome =
        fuzz::parse_in_all_ways<http::RequestHeadView>(fuzz::as_text(data, size), {}, head, &http::parse_request_head);
    if (!outcome.done())
        return 0;
    require(head.minor_version == 0 || head.minor_version == 1, "only HTTP/1.0 and 1.1");
    require(!head.authority.empty() || head.minor_version == 0, "an HTTP/1.1 request names a host");
    require(!head.target.empty() && head.target.find_first_of(" \t\r\n#") == std::string_view::npos,
            "a target is one word");
    forward(head);
    return 0;
}
