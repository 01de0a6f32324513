#include "hub/startup/signals.hpp"

#include <algorithm>
#include <map>

#include <boost/asio/signal_set.hpp>
#include <fmt/format.h>

#include "base/log.hpp"
#include "base/log_file.hpp"
#include "base/strings.hpp"
#include "store/users.hpp"

namespace jhub::hub {
namespace {

// "3 ready, 1 starting"
std::string servers_in_words(Hub const& hub)
{
    constexpr std::array words{std::pair{ServerState::ready, "ready"}, std::pair{ServerState::starting, "starting"},
                               std::pair{ServerState::waiting, "not answering yet"},
                               std::pair{ServerState::stopping, "stopping"},
                               std::pair{ServerState::checking, "being checked"}};
    std::map<ServerState, int> counts;
    for (auto const& server : hub.servers.all())
        ++counts[server->state];
    std::vector<std::string> parts;
    for (auto const& [state, word] : words)
        if (counts[state] > 0)
            parts.push_back(fmt::format("{} {}", counts[state], word));
    return parts.empty() ? "none" : join(parts, ", ");
}

// A level that is always shown: somebody has just asked for it.
Task<> report(Hub& hub, http::Server const& server)
{
    auto const count = [](store::Transaction& transaction) { return store::count_users(transaction); };
    auto const people = co_await hub.store.read(count);
    log::critical("Received signal SIGUSR1, going on. {}",
                  status_line(hub, server.statistics(), people ? std::optional(*people) : std::nullopt));
}

Task<> obey(Hub& hub, http::Server const& server, SignalRow const& row)
{
    switch (row.action) {
    case SignalAction::stop:
        log::critical("Received signal {}, initiating shutdown...", row.name);
        hub.shutdown_requested.set();
        break;
    case SignalAction::report:
        co_await report(hub, server);
        break;
    case SignalAction::reopen_logs:
        log::reopen();
        log::info("Received signal {}: log files are open anew", row.name);
        break;
    case SignalAction::pass_over:
        log::warning("Received signal {}, which means nothing to the hub", row.name);
        break;
    }
}

} // namespace

void ignore_early_signals()
{
    ::signal(SIGPIPE, SIG_IGN);
    for (auto const& row : signal_rows)
        if (row.action != SignalAction::stop)
            ::signal(row.number, SIG_IGN);
}

std::string status_line(Hub const& hub, http::ServerStatistics const& connections, std::optional<std::int64_t> people)
{
    return fmt::format(
        "People: {}. Servers: {}. Starts that wait for a turn: {}. Connections: {}, requests so far: {}.",
        people ? std::to_string(*people) : "the database does not answer", servers_in_words(hub),
        hub.launcher.waiting_starts(), connections.open_connections, connections.requests);
}

Task<> listen_to_signals(Hub& hub, http::Server const& server)
{
    asio::signal_set signals(hub.executor);
    for (auto const& row : signal_rows)
        signals.add(row.number);
    for (;;) {
        int const number = co_await signals.async_wait(asio::use_awaitable);
        auto const* const row = std::ranges::find(signal_rows, number, &SignalRow::number);
        co_await obey(hub, server, *row);
    }
}

} // namespace jhub::hub
