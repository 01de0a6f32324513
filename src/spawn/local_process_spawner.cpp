#include "spawn/local_process_spawner.hpp"

#include <array>

#include "spawn/local_server_process.hpp"

namespace jhub::spawn {

LocalProcessSpawner::LocalProcessSpawner(privileged::Helper& helper, LocalServer server, LocalOptions options,
                                         OnProcess on_process, FindPlace find_place)
    : server_(std::make_shared<LocalServerProcess>(helper, std::move(server), std::move(options), std::move(on_process),
                                                   find_place))
{
}

LocalProcessSpawner::LocalProcessSpawner(privileged::Helper& helper, LocalServer server, LocalOptions options,
                                         OnProcess on_process)
    : LocalProcessSpawner(helper, std::move(server), std::move(options), std::move(on_process), place_of_account)
{
}

SimpleLocalProcessSpawner::SimpleLocalProcessSpawner(privileged::Helper& helper, LocalServer server,
                                                     LocalOptions options, OnProcess on_process)
    : LocalProcessSpawner(helper, std::move(server), std::move(options), std::move(on_process), place_of_template)
{
}

LocalProcessSpawner::~LocalProcessSpawner() { server_->drop(); }

Result<Endpoint> LocalProcessSpawner::choose_endpoint() { return server_->choose_endpoint(); }

Async<Endpoint> LocalProcessSpawner::start(StartRequest request)
{
    return LocalServerProcess::start(server_, std::move(request));
}

Result<> LocalProcessSpawner::check_listener(std::string const& ip, std::uint16_t port) const
{
    return server_->check_listener(ip, port);
}

Async<> LocalProcessSpawner::stop(StopMode mode) { return LocalServerProcess::stop(server_, mode); }

Async<std::optional<int>> LocalProcessSpawner::poll()
{
    auto const server = server_;
    co_return server->exit_status();
}

Json LocalProcessSpawner::state() const { return server_->state(); }

Async<> LocalProcessSpawner::load_state(Json state, std::optional<privileged::ProcessId> known)
{
    return LocalServerProcess::load_state(server_, std::move(state), std::move(known));
}

void LocalProcessSpawner::on_exit(std::function<void(std::optional<int>)> callback)
{
    server_->on_exit(std::move(callback));
}

std::string LocalProcessSpawner::last_output(std::size_t lines) const { return server_->last_output(lines); }

// The first event is upstream's only one.
Task<std::optional<Progress>> LocalProcessSpawner::next_progress(std::size_t index)
{
    if (index > 0)
        co_return std::nullopt;
    co_return Progress{.percent = 50, .message = "Spawning server...", .html_message = {}};
}

Diagnosis LocalProcessSpawner::diagnose(Error const& error) const { return server_->diagnose(error); }

std::unique_ptr<Spawner> make_local_spawner(std::string_view class_name, privileged::Helper& helper, LocalServer server,
                                            LocalOptions options, OnProcess on_process)
{
    constexpr std::array local_names{"local", "jupyterhub.spawner.LocalProcessSpawner", "LocalProcessSpawner"};
    constexpr std::array simple_names{"simple", "jupyterhub.spawner.SimpleLocalProcessSpawner",
                                      "SimpleLocalProcessSpawner"};
    auto const is_in = [class_name](auto const& names) {
        return std::ranges::any_of(names, [class_name](std::string_view name) { return name == class_name; });
    };
    if (is_in(local_names))
        return std::make_unique<LocalProcessSpawner>(helper, std::move(server), std::move(options),
                                                     std::move(on_process));
    if (is_in(simple_names))
        return std::make_unique<SimpleLocalProcessSpawner>(helper, std::move(server), std::move(options),
                                                           std::move(on_process));
    return nullptr;
}

} // namespace jhub::spawn
