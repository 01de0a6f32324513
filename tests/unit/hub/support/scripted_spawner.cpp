#include "hub/support/scripted_spawner.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include <boost/asio/post.hpp>

namespace jhub::hub {

using namespace std::chrono_literals;

// What a start and a stop share; outlives the spawner, which the hub may drop while a start is under way.
struct ScriptedWork {
    std::shared_ptr<ScriptedProcess> process;
    Event stopped;
    std::function<void(std::optional<int>)> on_exit;
};

class ScriptedSpawner final : public spawn::Spawner {
  public:
    ScriptedSpawner(SpawnerScript& script, std::string label, spawn::OnProcess on_process)
        : script_(script), label_(std::move(label)), on_process_(std::move(on_process))
    {
    }
    ~ScriptedSpawner() override
    {
        work_->on_exit = nullptr;
        if (work_->process)
            work_->process->on_exit = nullptr;
    }

    Result<spawn::Endpoint> choose_endpoint() override { return endpoint(script_.ready_port); }
    Async<spawn::Endpoint> start(spawn::StartRequest request) override
    {
        return run_start(script_, work_, label_, on_process_, std::move(request));
    }
    [[nodiscard]] Result<> check_listener(std::string const&, std::uint16_t) const override { return {}; }
    Async<> stop(spawn::StopMode mode) override
    {
        ++script_.stops_;
        script_.stop_modes.emplace_back(mode == spawn::StopMode::now ? "now" : "gentle");
        return run_stop(script_, work_);
    }
    Async<std::optional<int>> poll() override
    {
        if (!work_->process)
            co_return std::optional(0);
        co_return work_->process->status;
    }
    [[nodiscard]] Json state() const override
    {
        return work_->process && !work_->process->status ? Json{{"pid", work_->process->pid}} : Json::object();
    }
    Async<> load_state(Json state, std::optional<privileged::ProcessId> known) override
    {
        int const pid = known ? known->pid : state.value("pid", 0);
        if (auto const found = script_.processes_.find(pid); found != script_.processes_.end()) {
            work_->process = found->second;
            work_->process->on_exit = work_->on_exit;
        }
        co_return Result<>{};
    }
    void on_exit(std::function<void(std::optional<int>)> callback) override { work_->on_exit = std::move(callback); }
    [[nodiscard]] std::string last_output(std::size_t) const override { return "Traceback: no module named lab"; }
    Task<std::optional<spawn::Progress>> next_progress(std::size_t) override { co_return std::nullopt; }
    [[nodiscard]] spawn::Diagnosis diagnose(Error const& error) const override
    {
        return {error.message, "Ask the operator to install <jupyterhub>.", last_output(20)};
    }

  private:
    static spawn::Endpoint endpoint(std::uint16_t port) { return {.proto = "http", .ip = "127.0.0.1", .port = port}; }

    static Async<spawn::Endpoint> run_start(SpawnerScript& script, std::shared_ptr<ScriptedWork> work,
                                            std::string label, spawn::OnProcess on_process, spawn::StartRequest request)
    {
        script.requests.push_back(std::move(request));
        Scripted const plan = script.take_plan();
        if (plan == Scripted::fails)
            co_return fail(Errc::failed, "Command not found: jupyterhub-singleuser");
        if (plan == Scripted::never_started) {
            (void)co_await work->stopped.wait(60s);
            co_return fail(Errc::invalid_state, "The start was cancelled.");
        }
        if (script.before_process)
            script.before_process();
        work->process = script.make_process(std::move(label));
        work->process->on_exit = work->on_exit;
        if (auto const saved = co_await on_process({work->process->pid, 77, "boot", 1000}); !saved) {
            work->process->status = 0; // "after a failure nothing of the server is left running"
            co_return std::unexpected(saved.error());
        }
        if (plan == Scripted::exits_at_once) {
            work->process->status = 1;
            if (work->on_exit)
                work->on_exit(1);
        }
        co_return endpoint(plan == Scripted::ready ? script.ready_port : script.closed_port_);
    }

    static Async<> run_stop(SpawnerScript& script, std::shared_ptr<ScriptedWork> work)
    {
        work->stopped.set();
        if (script.stopping == Stopping::survives)
            co_return fail(Errc::failed, "The process survived SIGKILL.");
        if (script.stopping == Stopping::slow) {
            auto const released = script.stops_released_;
            (void)co_await released->wait(60s);
        }
        if (work->process && !work->process->status) {
            work->process->status = 0;
            if (work->on_exit)
                work->on_exit(0);
        }
        co_return Result<>{};
    }

    SpawnerScript& script_;
    std::string label_;
    spawn::OnProcess on_process_;
    std::shared_ptr<ScriptedWork> work_ = std::make_shared<ScriptedWork>();
};

SpawnerScript::SpawnerScript() : closed_socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))
{
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const raw = reinterpret_cast<sockaddr*>(&address);
    if (::bind(closed_socket_, raw, size) == 0 && ::getsockname(closed_socket_, raw, &size) == 0)
        closed_port_ = ntohs(address.sin_port);
}

SpawnerScript::~SpawnerScript() { ::close(closed_socket_); }

std::string SpawnerScript::variable(std::string const& user, std::string const& name) const
{
    for (auto request = requests.rbegin(); request != requests.rend(); ++request)
        for (auto const& [key, value] : request->env)
            if (request->user_name == user && key == name)
                return value;
    return "(none)";
}

Scripted SpawnerScript::take_plan()
{
    if (plans_.empty())
        return Scripted::ready;
    Scripted const plan = plans_.front();
    plans_.pop_front();
    return plan;
}

std::shared_ptr<ScriptedProcess> SpawnerScript::make_process(std::string label)
{
    auto process = std::make_shared<ScriptedProcess>();
    process->pid = next_pid_++;
    process->label = std::move(label);
    processes_[process->pid] = process;
    return process;
}

void SpawnerScript::exit(std::string const& label, int status, bool told)
{
    for (auto const& [pid, process] : processes_)
        if (process->label == label && !process->status) {
            process->status = status;
            if (told && process->on_exit)
                process->on_exit(status);
        }
}

bool SpawnerScript::running(std::string const& label) const
{
    return std::ranges::any_of(
        processes_, [&](auto const& entry) { return entry.second->label == label && !entry.second->status; });
}

std::vector<std::string> SpawnerScript::running() const
{
    std::vector<std::string> labels;
    for (auto const& [pid, process] : processes_)
        if (!process->status)
            labels.push_back(process->label);
    std::ranges::sort(labels);
    return labels;
}

SpawnerFactory SpawnerScript::factory()
{
    return [this](LiveServer const& server, config::SpawnerSettings const&, spawn::OnProcess on_process) {
        return std::make_unique<ScriptedSpawner>(*this, server.label(), std::move(on_process));
    };
}

} // namespace jhub::hub
