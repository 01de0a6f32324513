#include "spawn/local_server_process.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <unistd.h>

#include <array>
#include <csignal>
#include <span>

#include <fmt/format.h>

#include "base/log.hpp"
#include "spawn/end_process.hpp"
#include "spawn/free_port.hpp"
#include "spawn/listener.hpp"
#include "spawn/shell_quote.hpp"

namespace jhub::spawn {
namespace {

using namespace std::chrono_literals;
using privileged::ProcessHandle;
using privileged::ProcessId;

constexpr std::size_t diagnosis_lines = 20;
constexpr char const* port_taken = "Another program answers at the server's address.";
constexpr std::chrono::milliseconds attention = 1s;       // between two looks at the size of the output
constexpr std::chrono::milliseconds start_patience = 90s; // a start always ends: each of its steps has a deadline

std::vector<std::string> command_line(StartRequest& request, LocalOptions const& options)
{
    std::vector<std::string> words = std::move(request.cmd);
    words.insert(words.end(), request.args.begin(), request.args.end());
    if (options.shell_cmd.empty())
        return words;
    std::vector<std::string> shell = options.shell_cmd;
    shell.push_back(shell_join(words));
    return shell;
}

int saved_pid(Json const& state)
{
    auto const found = state.is_object() ? state.find("pid") : state.end();
    return state.is_object() && found != state.end() && found->is_number_integer() ? found->get<int>() : 0;
}

} // namespace

// Tells stop() when the start is over, however it ends.
class LocalServerProcess::StartUnderWay {
  public:
    explicit StartUnderWay(LocalServerProcess& owner) : owner_(owner)
    {
        owner_.start_ended_ = std::make_shared<Event>();
        owner_.command_ran_ = false;
        owner_.last_status_.reset();
    }
    ~StartUnderWay() { std::exchange(owner_.start_ended_, nullptr)->set(); }
    StartUnderWay(StartUnderWay const&) = delete;
    StartUnderWay& operator=(StartUnderWay const&) = delete;

  private:
    LocalServerProcess& owner_;
};

LocalServerProcess::LocalServerProcess(privileged::Helper& helper, LocalServer server, LocalOptions options,
                                       OnProcess on_process, FindPlace find_place)
    : helper_(helper), who_(std::move(server)), options_(std::move(options)), on_process_(std::move(on_process)),
      find_place_(find_place)
{
}

void LocalServerProcess::drop()
{
    on_exit_ = nullptr;
    dropped_ = true;
}

Result<Endpoint> LocalServerProcess::choose_endpoint()
{
    if (port_ == 0)
        port_ = options_.port;
    if (port_ == 0) {
        TRY(port_, free_port());
    }
    return Endpoint{.proto = options_.proto, .ip = options_.ip, .port = port_};
}

// ---- start ----

Async<Endpoint> LocalServerProcess::start(std::shared_ptr<LocalServerProcess> self, StartRequest request)
{
    if (self->running() || self->start_ended_)
        co_return fail(Errc::invalid_state, "The server runs already.");
    StartUnderWay const under_way(*self);
    CO_TRY(Endpoint endpoint, self->choose_endpoint());
    if (endpoint.ip.empty()) // it listens on all interfaces; the hub uses the nearest
        endpoint.ip = "127.0.0.1";
    CO_TRY(ProcessHandle const process, co_await self->prepare(std::move(request)));
    Result<> const outcome = co_await self->let_run(process);
    if (!outcome) {
        if (Result<> const ended = co_await self->end(process, StopMode::now); !ended)
            log::error("Cannot end process {}: {}", process->id().pid, ended.error().message);
        co_return std::unexpected(outcome.error());
    }
    co_return endpoint;
}

Result<> LocalServerProcess::open_output()
{
    if (options_.log_dir.empty())
        return {};
    TRY(output_, OutputFile::in_directory(options_.log_dir, who_.user_name, who_.server_name));
    return {};
}

Async<ProcessHandle> LocalServerProcess::prepare(StartRequest request)
{
    CO_TRY(Place place, co_await find_place_(helper_, who_, options_));
    CO_CHECK(open_output());
    privileged::StartCommand command{.user = place.account,
                                     .argv = command_line(request, options_),
                                     .env = std::move(request.env),
                                     .working_directory = place.directory,
                                     .output_path = output_ ? output_->path() : std::string(),
                                     .create_working_directory = place.create_directory,
                                     .pam_service = place.account.empty() ? std::string() : options_.pam_service};
    for (auto& [name, value] : place.env)
        set_variable(command.env, name, std::move(value));
    co_return co_await helper_.prepare(std::move(command));
}

Async<> LocalServerProcess::let_run(ProcessHandle process)
{
    auto const cancelled = fail(Errc::invalid_state, "The start was cancelled.");
    if (stop_wanted_ || dropped_)
        co_return cancelled;
    if (on_process_)
        CO_CHECK(co_await on_process_(process->id()));
    if (stop_wanted_ || dropped_)
        co_return cancelled;
    CO_CHECK(co_await helper_.release(process->id().pid));
    process_ = process;
    command_ran_ = true;
    asio::co_spawn(co_await asio::this_coro::executor, attend(shared_from_this(), process), asio::detached);
    co_return Result<>{};
}

// Looks after a running server: its output stays bounded, its end is told.
Task<> LocalServerProcess::attend(std::shared_ptr<LocalServerProcess> self, ProcessHandle process)
{
    std::shared_ptr<OutputFile> const output = self->output_;
    while (!co_await process->wait_exit(attention))
        if (output)
            output->trim();
    if (output)
        output->trim();
    self->last_status_ = process->exit_status();
    if (self->on_exit_)
        self->on_exit_(process->exit_status());
}

// Root's programs are let through: a container's port, say.
Result<> LocalServerProcess::check_listener(std::string const& ip, std::uint16_t port) const
{
    auto const accounts = listeners(ip, port);
    if (!accounts || !process_)
        return {};
    for (uid_t const account : *accounts)
        if (account != 0 && account != process_->id().uid)
            return fail(Errc::forbidden, port_taken,
                        fmt::format("account number {} listens at {}:{}", account, ip, port));
    if (accounts->empty() && (ip.starts_with("127.") || ip == "::1"))
        return fail(Errc::forbidden, port_taken, fmt::format("nobody listens at {}:{} any more", ip, port));
    return {};
}

// ---- stop ----

Async<> LocalServerProcess::stop(std::shared_ptr<LocalServerProcess> self, StopMode mode)
{
    self->stop_wanted_ = true;
    if (std::shared_ptr<Event> const start_ended = self->start_ended_)
        if (!co_await start_ended->wait(start_patience))
            co_return fail(Errc::timeout, "The start that is under way does not end.");
    self->stop_wanted_ = false;
    if (ProcessHandle const process = self->process_)
        CO_CHECK(co_await self->end(process, mode));
    self->process_ = nullptr;
    co_return Result<>{};
}

// Asks, then insists. Ends when the process is gone, or has survived SIGKILL.
Async<> LocalServerProcess::end(ProcessHandle process, StopMode mode)
{
    std::array const all{EndStep{SIGINT, options_.interrupt_timeout}, EndStep{SIGTERM, options_.term_timeout},
                         EndStep{SIGKILL, options_.kill_timeout}};
    co_return co_await end_process(helper_, std::move(process), std::span(all).subspan(mode == StopMode::now ? 1 : 0));
}

// ---- after a restart of the hub ----

Async<> LocalServerProcess::load_state(std::shared_ptr<LocalServerProcess> self, Json state,
                                       std::optional<ProcessId> known)
{
    int const saved = saved_pid(state);
    int const pid = saved > 0 || !known ? saved : known->pid;
    if (pid <= 0)
        co_return Result<>{};
    // Our own table only counts when it speaks of the same number: a Python hub may have started the server since.
    bool const ours = known && known->pid == pid;
    ProcessId const wanted = ours ? *known : ProcessId{.pid = pid, .uid = ::geteuid()};
    std::string const account = account_of(self->find_place_, self->who_);
    auto const adopted = co_await self->helper_.watch(wanted, account);
    if (!adopted && adopted.error().code == Errc::not_found)
        co_return Result<>{};
    CO_CHECK(adopted);
    CO_CHECK(self->open_output());
    self->process_ = *adopted;
    self->command_ran_ = true;
    asio::co_spawn(co_await asio::this_coro::executor, attend(self, *adopted), asio::detached);
    if (self->on_process_ && wanted != (*adopted)->id()) // now more is known than was stored
        CO_CHECK(co_await self->on_process_((*adopted)->id()));
    co_return Result<>{};
}

// ---- what is known ----

std::optional<int> LocalServerProcess::exit_status() const
{
    if (running())
        return std::nullopt;
    return process_ ? process_->exit_status().value_or(0) : 0;
}

Json LocalServerProcess::state() const
{
    Json state = Json::object();
    if (running())
        state["pid"] = process_->id().pid;
    return state;
}

std::string LocalServerProcess::last_output(std::size_t lines) const
{
    return output_ ? output_->tail(lines) : std::string();
}

Diagnosis LocalServerProcess::diagnose(Error const& error) const
{
    FailedStart facts{.error = error,
                      .running = running(),
                      .started = command_ran_,
                      .exit_status = {},
                      .output = last_output(diagnosis_lines),
                      .beginning = output_ ? output_->head() : std::string()};
    if (!facts.running)
        facts.exit_status = process_ ? process_->exit_status() : last_status_;
    return spawn::diagnose(facts);
}

} // namespace jhub::spawn
