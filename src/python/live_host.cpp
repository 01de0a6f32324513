#include "python/live_host.hpp"

#include <fmt/format.h>

#include "base/strings.hpp"
#include "python/live_link.hpp"

namespace jhub::python {
namespace {

constexpr std::size_t longest_introduction = 1 << 20;

} // namespace

Result<Json> introduce(Child& interpreter, Json const& greeting, std::chrono::milliseconds patience)
{
    auto const deadline = std::chrono::steady_clock::now() + patience;
    Json const message{{"id", 0}, {"call", "configure"}, {"with", greeting}};
    CHECK(interpreter.send(message.dump(-1, ' ', true, Json::error_handler_t::replace) + "\n", deadline));
    for (;;) {
        TRY(auto const lines, interpreter.receive_line(deadline, longest_introduction));
        for (auto const& line : split(lines, '\n')) {
            TRY(Json const answer, parse_json(line, 200));
            if (answer.contains("error"))
                return fail(Errc::invalid_argument, answer["error"].value("message", ""));
            if (answer.contains("result"))
                return answer["result"];
        }
    }
}

LiveHost::LiveHost(asio::any_io_executor executor, LiveOptions options, Child interpreter)
    : link_(std::make_shared<LiveLink>(std::move(executor), std::move(options)))
{
    link_->adopt(std::move(interpreter));
}

LiveHost::~LiveHost() { link_->close(); }

Task<Answer> LiveHost::call(std::string method, Json arguments, std::chrono::milliseconds patience,
                            Cancellation* cancellation)
{
    auto const link = link_;
    co_return co_await link->call(std::move(method), std::move(arguments), patience, cancellation);
}

int LiveHost::pid() const { return link_->pid(); }

} // namespace jhub::python
