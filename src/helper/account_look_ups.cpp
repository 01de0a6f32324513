#include "helper/account_look_ups.hpp"

#include <unistd.h>

#include <fmt/format.h>

#include "helper/accounts.hpp"

namespace jhub::helper {
namespace {

using privileged::Account;

// As one packet.
std::string pack(Result<Account> account)
{
    wire::Message message;
    if (account)
        message = *std::move(account);
    else
        message = wire::Failed{account.error().code, account.error().message, account.error().detail};
    auto const packet = wire::encode({0, std::move(message)});
    return packet ? *packet : std::string();
}

Result<Account> unpack(WorkerResult const& result)
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

} // namespace

AccountLookUps::AccountLookUps(Loop& loop, Leftovers& leftovers, HelperPolicy const& policy)
    : policy_(policy), logins_(policy.hub ? policy.hub->uid : geteuid()), workers_(loop, leftovers, 16, 1024)
{
}

// In the worker.
Result<Account> AccountLookUps::find(std::string const& name, Purpose purpose) const
{
    TRY(Account account, policy_.hub ? find_account(name, policy_.hub->uid, policy_.hub->gid) : find_account(name));
    if (purpose == Purpose::process)
        CHECK(check_account(policy_, privileged::read_machine_lists(), name, account, geteuid(),
                            logins_.recent(account, std::chrono::system_clock::now())));
    if (purpose == Purpose::service && geteuid() == 0)
        CHECK(privileged::admit_service(policy_.admission, account));
    return account;
}

void AccountLookUps::ask(std::string name, Purpose purpose, std::function<void(Result<Account>)> done)
{
    workers_.submit({.deadline = Loop::Clock::now() + patience,
                     .work = [this, name = std::move(name), purpose] { return pack(find(name, purpose)); },
                     .done = [done = std::move(done)](WorkerResult result) { done(unpack(result)); }});
}

} // namespace jhub::helper
