#include "hub/services/managed_service.hpp"

#include <array>
#include <csignal>
#include <filesystem>

#include <pwd.h>
#include <unistd.h>

#include <fmt/format.h>

#include "auth/token_hash.hpp"
#include "base/log.hpp"
#include "hub/core/services.hpp"
#include "hub/services/probe.hpp"
#include "hub/services/process_record.hpp"
#include "hub/services/service_environment.hpp"
#include "spawn/end_process.hpp"

namespace jhub::hub::services {
namespace {

using namespace std::chrono_literals;
using privileged::ProcessHandle;
using spawn::EndStep;

constexpr auto up_patience = 30s;
constexpr auto restart_under_way_patience = 30s;
constexpr std::array stop_steps{EndStep{SIGINT, 10s}, EndStep{SIGTERM, 5s}, EndStep{SIGKILL, 5s}};
constexpr std::array cancel_steps{EndStep{SIGKILL, 5s}};
constexpr std::array leftover_steps{EndStep{SIGTERM, 5s}, EndStep{SIGKILL, 5s}};

// Those that the local spawner hands on by default; what c.Spawner.env_keep says is about people's servers.
Environment kept_by_default()
{
    static auto const names = config::default_settings().spawner.env_keep;
    return kept_variables(names);
}

// The name of the hub's own account, when the helper has another one; empty when both have the same.
std::string own_account(privileged::Account const& of_helper)
{
    if (of_helper.uid == ::geteuid())
        return {};
    passwd const* const entry = ::getpwuid(::geteuid()); // once per start; the logic thread is its only caller
    return entry == nullptr ? std::string() : entry->pw_name;
}

// Under whose account the service runs, as far as it is still configured.
std::string user_of(Hub const& hub, std::string const& service)
{
    auto const& specs = hub.settings.hub.services;
    auto const found = std::ranges::find(specs, service, &config::ServiceSpec::name);
    return found != specs.end() ? found->user : std::string();
}

} // namespace

ManagedService::ManagedService(Hub& hub, privileged::Helper& helper, config::ServiceSpec const& spec)
    : hub_(hub), helper_(helper), spec_(spec), token_(spec.api_token)
{
}

Async<> ManagedService::start()
{
    log::info("Starting service {}: {}", spec_.name, spec_.command.front());
    if (spec_.api_token.empty())
        CO_CHECK(co_await make_token());
    auto outcome = co_await start_process();
    if (outcome && !spec_.url.empty())
        outcome = co_await wait_until_it_answers();
    if (!outcome)
        co_return fail(outcome.error().code,
                       fmt::format("Service {} of c.JupyterHub.services cannot be started: {}", spec_.name,
                                   outcome.error().message),
                       outcome.error().detail);
    co_return Result<>{};
}

Async<> ManagedService::make_token()
{
    token_ = auth::new_token();
    ServiceToken const renewal{spec_.name, token_, service_client_id(spec_), hub_.now()};
    auto const renew = [renewal](store::Transaction& transaction) { return renew_service_token(transaction, renewal); };
    CO_CHECK(co_await hub_.store.write(renew));
    co_return Result<>{};
}

Async<privileged::StartCommand> ManagedService::command() const
{
    CO_TRY(auto account, co_await helper_.account(spec_.user));
    ServiceEnvironmentInput input{hub_.urls, spec_, token_, kept_by_default(), {}};
    privileged::StartCommand command;
    command.user = spec_.user.empty() ? own_account(account) : spec_.user;
    if (!spec_.user.empty())
        input.account = std::move(account);
    command.argv = spec_.command;
    command.env = build_service_environment(input);
    std::error_code ignored;
    command.working_directory = spec_.cwd.empty() ? std::filesystem::current_path(ignored).string() : spec_.cwd;
    co_return command;
}

// Its identity is stored before it may run: a hub that is killed leaves a process that the next one knows, or none.
Async<> ManagedService::start_process()
{
    CO_TRY(auto start_command, co_await command());
    CO_TRY(ProcessHandle const process, co_await helper_.prepare(std::move(start_command)));
    auto outcome = co_await let_run(process);
    if (!outcome) {
        if (auto const ended = co_await spawn::end_process(helper_, process, cancel_steps); !ended)
            log::error("Service {}: {}", spec_.name, ended.error().message);
        co_return std::unexpected(outcome.error());
    }
    set_process(process);
    co_return Result<>{};
}

Async<> ManagedService::let_run(ProcessHandle process)
{
    auto const save = [name = spec_.name, id = process->id()](store::Transaction& transaction) {
        save_process_record(transaction, name, id);
        return true;
    };
    CO_CHECK(co_await hub_.store.write(save));
    if (hub_.stopping.is_set())
        co_return fail(Errc::invalid_state, "The hub is shutting down.");
    co_return co_await helper_.release(process->id().pid);
}

void ManagedService::set_process(ProcessHandle process)
{
    process_ = std::move(process);
    started_ = std::chrono::steady_clock::now();
    hub_.service_processes[spec_.name] = process_->id().pid;
}

Async<> ManagedService::wait_until_it_answers()
{
    auto const deadline = std::chrono::steady_clock::now() + up_patience;
    std::chrono::milliseconds pause = 20ms;
    for (;;) {
        auto const answered = co_await probe(hub_, spec_.name, spec_.url);
        if (answered || hub_.shutdown_requested.is_set())
            co_return Result<>{};
        if (!process_->running())
            co_return fail(Errc::failed, fmt::format("its process ended before it answered (exit code: {}).",
                                                     process_->exit_status().value_or(0)));
        if (std::chrono::steady_clock::now() >= deadline)
            co_return fail(Errc::timeout, fmt::format("it does not answer at {} within {} seconds.", spec_.url,
                                                      std::chrono::seconds(up_patience).count()));
        (void)co_await process_->wait_exit(pause);
        pause = std::min<std::chrono::milliseconds>(pause * 2, 500ms);
    }
}

Task<> ManagedService::keep_running()
{
    kept_running_ = true;
    while (!hub_.stopping.is_set()) {
        if (process_ && process_->running()) {
            (void)co_await process_->wait_exit(1h);
            continue;
        }
        hub_.service_processes.erase(spec_.name);
        std::chrono::steady_clock::duration ran{};
        if (auto const ended = std::exchange(process_, nullptr)) {
            ran = std::chrono::steady_clock::now() - started_;
            log::error("Service {} exited with status {}", spec_.name, ended->exit_status().value_or(0));
        }
        auto const pause = pause_.after(ran);
        if (co_await hub_.stopping.wait(pause))
            break;
        log::info("Starting service {} again", spec_.name);
        if (auto const started = co_await start_process(); !started && !hub_.stopping.is_set())
            log::error("Service {} cannot be started: {} {}", spec_.name, started.error().message,
                       started.error().detail);
    }
    no_longer_kept_.set();
}

Task<> ManagedService::stop()
{
    if (ProcessHandle const process = process_)
        if (auto const ended = co_await spawn::end_process(helper_, process, stop_steps); !ended)
            log::error("Service {} cannot be stopped: {} {}", spec_.name, ended.error().message, ended.error().detail);
    // A restart that was under way notices that the hub is stopping, and takes its process back.
    if (kept_running_ && !co_await no_longer_kept_.wait(restart_under_way_patience))
        log::error("Service {}: its restart does not end", spec_.name);
    hub_.service_processes.erase(spec_.name);
    auto const forget = [name = spec_.name](store::Transaction& transaction) {
        forget_process_record(transaction, name);
        return true;
    };
    if (auto const forgotten = co_await hub_.store.write(forget); !forgotten)
        log::warning("The end of service {} was not recorded: {}", spec_.name, forgotten.error().message);
}

Task<> end_leftovers(Hub& hub, privileged::Helper& helper)
{
    auto const records = co_await hub.store.read(process_records);
    if (!records) {
        log::error("Former services could not be read: {} {}", records.error().message, records.error().detail);
        co_return;
    }
    for (auto const& record : *records) {
        std::string const user = user_of(hub, record.service);
        auto const process = co_await helper.watch(record.process, user);
        if (process) {
            log::warning("Ending service {} (process {}), which a former hub left running", record.service,
                         record.process.pid);
            if (auto const ended = co_await spawn::end_process(helper, *process, leftover_steps); !ended)
                log::error("Service {}: {} {}", record.service, ended.error().message, ended.error().detail);
        }
        auto const forget = [name = record.service](store::Transaction& transaction) {
            forget_process_record(transaction, name);
            return true;
        };
        if (auto const forgotten = co_await hub.store.write(forget); !forgotten)
            log::warning("The end of service {} was not recorded: {}", record.service, forgotten.error().message);
    }
}

} // namespace jhub::hub::services
