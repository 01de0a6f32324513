#include "proxy/activity_relay.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/strings.hpp"

namespace jhub::proxy {
namespace {

constexpr std::size_t largest_message = 32 * 1024; // a path is at most some KiB, so a message always has room for one

} // namespace

void ActivityReporter::report(RouteTable const& table)
{
    std::string lines;
    std::int64_t newest = told_ms_;
    bool all_told = true;
    auto const tell = [&] {
        if (!lines.empty())
            all_told = send(channel_.get(), lines.data(), lines.size(), MSG_NOSIGNAL | MSG_DONTWAIT) > 0 && all_told;
        lines.clear();
    };
    table.each([&](Route const& route) {
        auto const active = route.last_activity_ms.load(std::memory_order_relaxed);
        if (active <= told_ms_)
            return;
        newest = std::max(newest, active);
        lines += fmt::format("{} {}\n", active, route.encoded_path());
        if (lines.size() > largest_message / 2)
            tell();
    });
    tell();
    if (all_told)
        told_ms_ = newest;
}

ActivityReceiver::ActivityReceiver(EventLoop& loop, RouteTable& table, Descriptor channel)
    : loop_(loop), table_(table), channel_(std::move(channel))
{
}

void ActivityReceiver::on_events(std::uint32_t)
{
    std::array<char, largest_message> message{};
    for (;;) {
        ssize_t const got = recv(channel_.get(), message.data(), message.size(), MSG_DONTWAIT);
        if (got <= 0) {
            if (got == 0)
                stop();
            return;
        }
        take({message.data(), static_cast<std::size_t>(got)});
    }
}

void ActivityReceiver::take(std::string_view lines)
{
    for (auto const& line : split(lines, '\n')) {
        std::string_view const text = line;
        auto const blank = text.find(' ');
        auto const active = parse_number<std::int64_t>(text.substr(0, blank));
        if (!active || blank == std::string_view::npos)
            continue;
        auto const route = table_.get(text.substr(blank + 1));
        if (route && (*route)->last_activity_ms.load(std::memory_order_relaxed) < *active)
            (*route)->touch(*active);
    }
}

} // namespace jhub::proxy
