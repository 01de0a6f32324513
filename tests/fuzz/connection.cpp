// A whole connection: client, proxy and target. Promises: what the target receives are exactly requests that the
// client's bytes hold, each whole or cut off at the end of a connection, in order; and what the client receives are
// well-formed responses. This is what request smuggling would break. When the client's bytes are nothing but whole
// requests and the target answers each well, none is lost and each is answered.
#include <csignal>

#include "base/log.hpp"
#include "base/strings.hpp"
#include "conversation.hpp"
#include "http/body.hpp"
#include "oracle.hpp"
#include "proxy/body_reader.hpp"
#include "proxy/forwarding.hpp"
#include "proxy/program.hpp"

namespace {

using namespace jhub;
using fuzz::Conversation;
using fuzz::require;

struct Message {
    std::string method, target, body;
    bool whole = false;     // else cut off in the body
    bool forwarded = true;  // else the proxy answers itself
    bool websocket = false; // what follows may be a tunnel
};

http::Limits const roomy{.request_line = 64 * 1024, .header_block = 256 * 1024, .header_count = 1000};

// Takes a body off the front of text; whole tells whether it ended. False when it is malformed.
bool take_body(std::string_view& text, http::BodyFraming framing, std::string& body, bool& whole)
{
    proxy::BodyReader reader(framing);
    while (!text.empty() && !reader.done() && !reader.failed()) {
        auto const piece = reader.feed(text);
        text.remove_prefix(piece.used);
        body += piece.data;
    }
    whole = reader.done();
    return !reader.failed();
}

// What the proxy may read from the client's bytes.
std::vector<Message> requests_of_client(std::string_view text, bool& goes_on)
{
    std::vector<Message> found;
    http::RequestHeadView head;
    goes_on = true;
    while (goes_on && !text.empty()) {
        auto const outcome = http::parse_request_head(text, {}, head, 0);
        goes_on = outcome.done();
        if (!goes_on)
            break;
        Message& message = found.emplace_back();
        message.method = head.method_text;
        message.websocket = proxy::exchange_kind(head) == proxy::ExchangeKind::websocket;
        auto const path = proxy::parse_request_target(head.origin_target);
        proxy::RouteKey key;
        message.forwarded = head.form != http::TargetForm::authority && head.origin_target != "/_chp_healthz" && path &&
                            key.append_path(path->path);
        if (message.forwarded)
            message.target = proxy::upstream_path({}, *path, 0, {});
        text.remove_prefix(outcome.used);
        goes_on = take_body(text, head.framing, message.body, message.whole) && message.whole && head.keep_alive &&
                  !message.websocket;
    }
    return found;
}

std::vector<Message> requests_at_target(std::string_view text)
{
    std::vector<Message> found;
    http::RequestHeadView head;
    while (!text.empty()) {
        auto const outcome = http::parse_request_head(text, roomy, head, 0);
        require(!outcome.failed(), "the target receives well-formed heads");
        if (!outcome.done())
            break;
        Message& message = found.emplace_back();
        message.method = head.method_text;
        message.target = head.target;
        message.websocket = head.upgrade;
        text.remove_prefix(outcome.used);
        require(take_body(text, head.framing, message.body, message.whole), "the target receives well-formed bodies");
        if (message.websocket)
            break; // a tunnel
    }
    return found;
}

bool fits(Message const& seen, Message const& sent)
{
    return sent.forwarded && seen.method == sent.method && seen.target == sent.target &&
           seen.websocket == sent.websocket &&
           (seen.whole ? sent.whole && seen.body == sent.body : sent.body.starts_with(seen.body));
}

// Returns how many requests the target received.
std::size_t check_target(Conversation const& conversation, std::vector<Message> const& sent)
{
    std::size_t next = 0;
    std::size_t received = 0;
    for (auto const& target : conversation.targets()) {
        bool first = true;
        for (auto const& seen : requests_at_target(target.received)) {
            // Sent again on a new connection when an idle one had ended.
            received += seen.whole ? 1 : 0;
            bool const again = first && next > 0 && seen.body.empty() && fits(seen, sent[next - 1]);
            first = false;
            if (again)
                continue;
            while (next < sent.size() && !fits(seen, sent[next]))
                ++next;
            require(next < sent.size(), "the target receives only what the client asked, in order");
            ++next;
        }
    }
    return received;
}

// Returns how many whole responses the client received.
std::size_t check_client(std::string_view text, std::vector<Message> const& sent)
{
    http::Limits const limits{.request_line = 64 * 1024, .header_block = 512 * 1024, .header_count = 2000};
    http::ResponseHeadView head;
    std::size_t number = 0;
    while (!text.empty()) {
        auto const outcome = http::parse_response_head(text, limits, head, 0);
        require(!outcome.failed(), "the client receives well-formed heads");
        if (!outcome.done() || head.status == 101)
            return number;
        text.remove_prefix(outcome.used);
        if (head.status < 200)
            continue;
        bool const head_only = number < sent.size() && sent[number].method == "HEAD";
        std::string body;
        bool whole = false;
        require(take_body(text, http::response_framing(head, head_only ? http::Method::head : http::Method::get), body,
                          whole),
                "the client receives well-formed bodies");
        require(whole || text.empty(), "a body goes on to its end");
        ++number;
        require(number <= sent.size() + 1, "there is one response for a request, and one refusal at most");
    }
    return number;
}

// One proxy for all inputs.
struct Stage {
    std::string folder = make_folder();
    int listener = listen_at(folder + "/target");
    proxy::Program program{options(folder)};

    Stage()
    {
        std::signal(SIGPIPE, SIG_IGN); // as the program does
        log::configure({.level = log::Level::critical});
        auto const started = program.start();
        if (!started) {
            std::fprintf(stderr, "%s\n", started.error().message.c_str());
            std::abort();
        }
        std::atexit([] { std::_Exit(0); }); // the proxy's threads need not be joined
    }
    static std::string make_folder()
    {
        char name[] = "/tmp/proxy-fuzz-XXXXXX";
        return mkdtemp(name);
    }
    static int listen_at(std::string const& path)
    {
        int const descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, path.data(), path.size());
        if (bind(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || listen(descriptor, 64) != 0)
            std::abort();
        return descriptor;
    }
    static proxy::Options options(std::string const& folder)
    {
        proxy::Options options;
        options.socket = folder + "/public";
        options.api_socket = folder + "/api";
        options.workers = 1;
        options.default_target = "unix+http://" + replace_all(folder + "/target", "/", "%2F");
        return options;
    }
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    static Stage stage;
    std::vector<std::string_view> parts;
    for (std::string_view text = fuzz::as_text(data, size); parts.size() < 16;) {
        auto const end = text.find(Conversation::divider);
        parts.push_back(text.substr(0, end));
        if (end == std::string_view::npos)
            break;
        text.remove_prefix(end + Conversation::divider.size());
    }
    std::string_view const client = parts.front();
    parts.erase(parts.begin());
    std::string bytes(client);
    std::erase(bytes, Conversation::flush);
    bool goes_on = false;
    auto sent = requests_of_client(bytes, goes_on);
    std::string_view last;
    if (goes_on) { // so that the proxy closes, and nobody waits
        last = "GET /last HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
        sent.push_back({.method = "GET", .target = "/last", .body = {}, .whole = true});
    }
    bool const plain = goes_on && parts.empty() && std::ranges::all_of(sent, &Message::forwarded);
    Conversation conversation(stage.folder + "/public", stage.listener, parts);
    if (!conversation.connected())
        return -1;
    conversation.say(client);
    conversation.say(last);
    conversation.finish(plain ? Conversation::Awaited::the_end : Conversation::Awaited::anything);
    std::size_t const received = check_target(conversation, sent);
    std::size_t const answered = check_client(conversation.client_received(), sent);
    require(!plain || received >= sent.size(), "no request is lost");
    require(!plain || answered == sent.size(), "each request is answered");
    return 0;
}
