#include "helper/requests.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>

#include <fmt/format.h>

#include "helper/accounts.hpp"
#include "helper/add_account.hpp"
#include "helper/log_line.hpp"
#include "helper/login_program.hpp"
#include "helper/pam_login.hpp"
#include "helper/pam_transaction.hpp"

namespace jhub::helper {
namespace {

using privileged::Account;
using privileged::PamAnswer;
using privileged::PamOutcome;

// The secrets of a login while it waits; erased with it.
struct LoginJob {
    wire::Authenticate login;
    ~LoginJob()
    {
        wire::wipe(login.password);
        wire::wipe(login.otp);
    }
};

// In the worker.
std::string add_account_packed(std::string const& name, HelperPolicy const& policy)
{
    wire::Message message = wire::Done{};
    if (auto const added = add_account(*policy.add_account, name, policy.open_files); !added)
        message = wire::Failed{added.error().code, added.error().message, added.error().detail};
    auto const packet = wire::encode({0, std::move(message)});
    return packet ? *packet : std::string();
}

// Without records the next helper knows less: it takes over people's servers only, and by the rules for those of the
// Python hub.
Records open_records(HelperPolicy const& policy)
{
    if (geteuid() != 0)
        return {};
    auto records = Records::open(policy.hub ? policy.hub->uid : 0);
    if (records)
        return *std::move(records);
    log_line('E', fmt::format("{} ({})", records.error().message, records.error().detail));
    return {};
}

} // namespace

Requests::Requests(Loop& loop, Descriptor hub_socket, HelperPolicy policy, FormerLimits limits)
    : loop_(loop), policy_(std::move(policy)), limits_(limits),
      hub_(loop, std::move(hub_socket),
           [this](wire::Packet& packet, Descriptor fd) { dispatch(packet, std::move(fd)); }),
      processes_(
          loop, [this](std::uint32_t request, wire::Message message) { hub_.send(request, std::move(message)); },
          open_records(policy_), leftovers_)
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
        handle(request, *watch);
    else if (auto const* signal = std::get_if<wire::Signal>(&packet.message))
        handle(request, *signal);
    else if (auto* login = std::get_if<wire::Authenticate>(&packet.message))
        handle(request, *login);
    else if (auto* look_up = std::get_if<wire::LookUp>(&packet.message))
        handle(request, *look_up);
    else if (auto const* addition = std::get_if<wire::MakeAccount>(&packet.message))
        handle(request, *addition);
    else {
        log_line('E', "Closing the connection to the hub: it sent an answer instead of a request");
        loop_.stop();
    }
}

void Requests::handle(std::uint32_t request, wire::Watch const& message)
{
    auto id = message.id;
    std::uint32_t const own = policy_.hub ? policy_.hub->uid : geteuid();
    if (id.start_time == 0 && message.user.empty()) // a number alone is enough for what was started for the hub itself
        if (auto const known = processes_.recorded(id.pid); known && known->uid == own)
            id = *known;
    if (processes_.watch(request, id))
        return;
    bool const is_root = geteuid() == 0;
    if (!is_root && id.uid == own) // it could signal all of these by itself
        return processes_.adopt(request, id, own);
    if (!is_root || message.user.empty())
        return processes_.gone(request, id);
    accounts_.ask(message.user, AccountLookUps::Purpose::process, [this, request, id](Result<Account> account) {
        account ? processes_.adopt(request, id, account->uid) : refuse(request, std::move(account.error()));
    });
}

void Requests::handle(std::uint32_t request, wire::Signal const& message)
{
    if (auto allowed = check_signal(message.signal); !allowed)
        return refuse(request, std::move(allowed.error()));
    processes_.signal(request, message.id, message.signal);
}

void Requests::handle(std::uint32_t request, wire::LookUp& message)
{
    accounts_.ask(std::move(message.user), AccountLookUps::Purpose::information,
                  [this, request](Result<Account> account) {
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
    auto allowed = check_session(policy_, message);
    if (allowed)
        allowed = check_environment(policy_, message);
    if (!allowed)
        return refuse_start(request, message, std::move(allowed.error()));
    // std::function wants copies; these two are moved only.
    auto const command = std::make_shared<wire::Prepare>(std::move(message));
    auto const shared_output = std::make_shared<Descriptor>(std::move(output));
    bool const is_service = find_service(policy_, *command) != nullptr;
    accounts_.ask(command->user, is_service ? AccountLookUps::Purpose::service : AccountLookUps::Purpose::process,
                  [this, request, command, shared_output](Result<Account> account) {
                      account ? start(request, *command, *account, std::move(*shared_output))
                              : refuse_start(request, *command, std::move(account.error()));
                  });
}

void Requests::refuse_start(std::uint32_t request, wire::Prepare const& start, Error error)
{
    if (error.code == Errc::forbidden)
        log_line('W', fmt::format("Refused to start {:?} as {:?}: {}", start.argv.empty() ? "" : start.argv.front(),
                                  start.user, error.message));
    refuse(request, std::move(error));
}

void Requests::start(std::uint32_t request, wire::Prepare const& message, Account const& account, Descriptor output)
{
    bool const change_identity = geteuid() == 0 && (!message.user.empty() || policy_.hub);
    auto plan = make_plan(message, account, change_identity);
    if (!plan)
        return refuse(request, plan.error());
    auto programs = allowed_programs(policy_, message, std::move(plan->programs));
    if (!programs)
        return refuse_start(request, message, std::move(programs.error()));
    plan->programs = *std::move(programs);
    plan->open_files = policy_.open_files;
    plan->core_size = limits_.core_size;
    plan->no_new_privileges = policy_.hub && account.uid == policy_.hub->uid; // as the hub itself
    processes_.prepare(request, *std::move(plan), std::move(output));
}

void Requests::handle(std::uint32_t request, wire::MakeAccount const& message)
{
    if (!policy_.add_account)
        return refuse(request, {Errc::forbidden,
                                "Root's configuration makes no accounts (c.LocalAuthenticator.create_system_users).",
                                {}});
    log_line('I', fmt::format("Making an account {:?}", message.user));
    additions_.submit({.deadline = Loop::Clock::now() + addition_patience,
                       .work = [this, name = message.user] { return add_account_packed(name, policy_); },
                       .done = [this, request](WorkerResult const& result) { answer_addition(request, result); }});
}

void Requests::answer_addition(std::uint32_t request, WorkerResult const& result)
{
    auto packet = wire::decode(result.answer);
    if (packet && result.how == WorkerResult::How::answered)
        return hub_.send(request, std::move(packet->message));
    if (result.how == WorkerResult::How::too_late)
        return refuse(request, {Errc::timeout, "The command that makes accounts did not finish within a minute.", {}});
    refuse(request, {Errc::unavailable, "Too many accounts are being made at once.", {}});
}

void Requests::handle(std::uint32_t request, wire::Authenticate& message)
{
    auto const job = std::make_shared<LoginJob>(message);
    wire::wipe(message.password); // from here on only the job has the secrets
    wire::wipe(message.otp);
    if (std::string problem = input_problem(job->login); !problem.empty())
        return hub_.send(request, PamAnswer{PamOutcome::denied, {}, std::move(problem)});
    if (auto allowed = check_login(policy_, job->login); !allowed)
        return refuse(request, std::move(allowed.error()));
    auto const patience = std::clamp(std::chrono::milliseconds(job->login.timeout_ms), std::chrono::milliseconds(1),
                                     std::chrono::milliseconds(longest_login));
    logins_.submit({.deadline = Loop::Clock::now() + patience,
                    .work = [this, job, self = getpid()] { return become_login_program(job->login, policy_, self); },
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
