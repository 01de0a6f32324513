#include "helper/requests.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>

#include <fmt/format.h>

#include "helper/accounts.hpp"
#include "helper/log_line.hpp"
#include "helper/pam_login.hpp"
#include "helper/pam_transaction.hpp"

namespace jhub::helper {
namespace {

using privileged::Account;
using privileged::PamAnswer;
using privileged::PamOutcome;

constexpr std::uint32_t first_ordinary = 100; // below are the distribution's own; NIS and LDAP sites begin at 100, too
constexpr std::uint32_t nobody = 65534;

// In the worker: the account, or why not, as one packet.
std::string look_up_packed(std::string const& name, Policy const& policy)
{
    auto account = policy.hub ? find_account(name, policy.hub->uid, policy.hub->gid) : find_account(name);
    wire::Message message;
    if (account)
        message = std::move(*account);
    else
        message = wire::Failed{account.error().code, account.error().message, account.error().detail};
    auto const packet = wire::encode({0, std::move(message)});
    return packet ? *packet : std::string();
}

Result<Account> unpack_account(WorkerResult const& result)
{
    if (result.how == WorkerResult::How::too_late)
        return fail(Errc::timeout, "The system's account database does not answer.");
    if (result.how == WorkerResult::How::refused)
        return fail(Errc::unavailable, "Too many processes are being started at once.");
    auto packet = wire::decode(result.answer);
    if (packet && std::holds_alternative<Account>(packet->message))
        return std::get<Account>(std::move(packet->message));
    if (packet && std::holds_alternative<wire::Failed>(packet->message)) {
        auto& failed = std::get<wire::Failed>(packet->message);
        return fail(failed.code, failed.message, failed.detail);
    }
    return fail(Errc::unavailable, "The system's account database cannot be asked.",
                fmt::format("the look-up ended with status {}", result.status));
}

// The secrets of a login while it waits; erased with it.
struct LoginJob {
    wire::Authenticate login;
    ~LoginJob()
    {
        wire::wipe(login.password);
        wire::wipe(login.otp);
    }
};

} // namespace

Result<> check_account(Policy const& policy, std::string const& name, Account const& account, std::uint32_t own_uid)
{
    if (name.empty())
        return {};
    if (own_uid != 0 && account.uid != own_uid)
        return fail(
            Errc::forbidden,
            fmt::format("JupyterHub does not run as root, so it cannot start a server as {}. Run it as root, or "
                        "choose SimpleLocalProcessSpawner.",
                        name));
    if (own_uid == 0 && account.uid == 0 && !policy.allow_root_user)
        return fail(Errc::forbidden,
                    fmt::format("{} is an account of the system administrator (uid 0); servers are not "
                                "started as root.",
                                name));
    bool const of_the_system = account.uid == nobody || (account.uid != 0 && account.uid < first_ordinary);
    if (own_uid == 0 && (of_the_system || (policy.hub && policy.hub->uid == account.uid)))
        return fail(Errc::forbidden,
                    fmt::format("{} is an account of the system (uid {}); people's servers are not started under it.",
                                name, account.uid));
    return {};
}

Result<> check_environment(Policy const& policy, std::vector<std::pair<std::string, std::string>> const& environment)
{
    constexpr std::array loaders{"BASH_ENV", "ENV", "IFS", "GCONV_PATH"};
    if (!policy.hub)
        return {};
    for (auto const& [name, value] : environment) {
        bool const loads = name.starts_with("LD_") || std::ranges::find(loaders, name) != loaders.end();
        if (loads && std::ranges::find(policy.allowed_variables, name) == policy.allowed_variables.end())
            return fail(Errc::forbidden,
                        fmt::format("The environment variable {0} makes programs load others and is refused. If it is "
                                    "meant, name it in c.Spawner.environment or c.Spawner.env_keep.",
                                    name));
    }
    return {};
}

Requests::Requests(Loop& loop, Descriptor hub_socket, Policy policy)
    : loop_(loop), policy_(policy),
      hub_(loop, std::move(hub_socket),
           [this](wire::Packet& packet, Descriptor fd) { dispatch(packet, std::move(fd)); }),
      processes_(loop, [this](std::uint32_t request, wire::Message message) { hub_.send(request, std::move(message)); })
{
}

void Requests::refuse(std::uint32_t request, Error error)
{
    hub_.send(request, wire::Failed{error.code, std::move(error.message), std::move(error.detail)});
}

void Requests::dispatch(wire::Packet& packet, Descriptor descriptor)
{
    std::uint32_t const request = packet.request;
    if (auto* prepare = std::get_if<wire::Prepare>(&packet.message))
        handle(request, *prepare, std::move(descriptor));
    else if (auto const* release = std::get_if<wire::Release>(&packet.message))
        processes_.release(request, release->pid);
    else if (auto const* watch = std::get_if<wire::Watch>(&packet.message))
        processes_.watch(request, watch->id);
    else if (auto const* signal = std::get_if<wire::Signal>(&packet.message))
        processes_.signal(request, signal->id, signal->signal);
    else if (auto* login = std::get_if<wire::Authenticate>(&packet.message))
        handle(request, *login);
    else if (auto* look_up = std::get_if<wire::LookUp>(&packet.message))
        handle(request, *look_up);
    else {
        log_line('E', "Closing the connection to the hub: it sent an answer instead of a request");
        loop_.stop();
    }
}

void Requests::look_up(std::string name, std::function<void(Result<Account>)> done)
{
    look_ups_.submit({.deadline = Loop::Clock::now() + look_up_patience,
                      .work = [this, name = std::move(name)] { return look_up_packed(name, policy_); },
                      .done = [done = std::move(done)](WorkerResult result) { done(unpack_account(result)); }});
}

void Requests::handle(std::uint32_t request, wire::LookUp& message)
{
    look_up(std::move(message.user), [this, request](Result<Account> account) {
        account ? hub_.send(request, std::move(*account)) : refuse(request, std::move(account.error()));
    });
}

void Requests::handle(std::uint32_t request, wire::Prepare& message, Descriptor output)
{
    if (!output)
        return refuse(request, {Errc::invalid_argument, "There is nowhere to write the output to.", {}});
    if (!message.pam_service.empty()) // a session is a named person's
        if (auto problem = pam_input_problem(message.pam_service, message.user); !problem.empty())
            return refuse(request, {Errc::invalid_argument, fmt::format("No PAM session: {}.", problem), {}});
    // std::function wants copies; these two are moved only.
    auto const command = std::make_shared<wire::Prepare>(std::move(message));
    auto const shared_output = std::make_shared<Descriptor>(std::move(output));
    look_up(command->user, [this, request, command, shared_output](Result<Account> account) {
        if (!account)
            return refuse(request, std::move(account.error()));
        start(request, *command, *account, std::move(*shared_output));
    });
}

void Requests::start(std::uint32_t request, wire::Prepare const& message, Account const& account, Descriptor output)
{
    auto allowed = check_account(policy_, message.user, account, geteuid());
    if (allowed)
        allowed = check_environment(policy_, message.env);
    if (!allowed) {
        log_line('W', fmt::format("Refused to start {:?} as {:?}: {}", message.argv.empty() ? "" : message.argv.front(),
                                  message.user, allowed.error().message));
        return refuse(request, allowed.error());
    }
    bool const change_identity = geteuid() == 0 && (!message.user.empty() || policy_.hub);
    auto plan = make_plan(message, account, change_identity);
    if (!plan)
        return refuse(request, plan.error());
    plan->open_files = policy_.open_files;
    processes_.prepare(request, *std::move(plan), std::move(output));
}

void Requests::handle(std::uint32_t request, wire::Authenticate& message)
{
    auto const job = std::make_shared<LoginJob>(message);
    wire::wipe(message.password); // from here on only the job has the secrets
    wire::wipe(message.otp);
    if (std::string problem = input_problem(job->login); !problem.empty())
        return hub_.send(request, PamAnswer{PamOutcome::denied, {}, std::move(problem)});
    auto const patience = std::clamp(std::chrono::milliseconds(job->login.timeout_ms), std::chrono::milliseconds(1),
                                     std::chrono::milliseconds(longest_login));
    logins_.submit({.deadline = Loop::Clock::now() + patience,
                    .work = [job] { return pack(log_in(job->login)); },
                    .done = [this, request](WorkerResult result) { answer_login(request, std::move(result)); }});
}

void Requests::answer_login(std::uint32_t request, WorkerResult result)
{
    using How = WorkerResult::How;
    LoginResult login;
    if (result.how == How::answered)
        login = unpack(result.answer);
    else if (result.how == How::too_late)
        login.answer.reason = "PAM did not answer in time";
    else if (result.how == How::refused)
        login.answer.reason = "too many logins at once";
    else
        login.answer.reason = fmt::format("a PAM module ended the login's process, status {}", result.status);
    if (login.hold_back.count() == 0)
        return hub_.send(request, std::move(login.answer));
    loop_.at(Loop::Clock::now() + login.hold_back,
             [this, request, answer = std::move(login.answer)] { hub_.send(request, answer); });
}

} // namespace jhub::helper
