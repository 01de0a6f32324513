// Short ways to run coroutines, script the machine's accounts, and name points in time.
#pragma once

#include <deque>
#include <map>
#include <optional>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include "auth/authenticator.hpp"
#include "auth/system_accounts.hpp"
#include "base/clock.hpp"

namespace jhub::auth {

inline Timestamp at(std::int64_t seconds) { return Timestamp(std::chrono::seconds(seconds)); }

// Bytes 00, 01, … as in the vectors of the reference.
inline std::string counting_bytes(std::size_t count)
{
    std::string bytes;
    for (std::size_t i = 0; i < count; ++i)
        bytes += static_cast<char>(i);
    return bytes;
}

// Runs a coroutine to its end in this thread.
template <typename T> T run(Task<T> task)
{
    asio::io_context context;
    std::optional<T> result;
    std::exception_ptr failure;
    asio::co_spawn(context, std::move(task), [&](std::exception_ptr error, T value) {
        failure = error;
        result.emplace(std::move(value));
    });
    context.run();
    if (failure)
        std::rethrow_exception(failure);
    return std::move(result).value();
}

inline Credentials credentials(std::string name, std::string password)
{
    Credentials sent;
    sent.username = std::move(name);
    sent.password = std::move(password);
    sent.remote_address = "192.0.2.7";
    return sent;
}

// A machine whose accounts and passwords are known.
class ScriptedAccounts final : public SystemAccounts {
  public:
    struct Entry {
        std::string password;
        std::vector<std::string> groups;
    };
    std::map<std::string, Entry> accounts;
    std::map<std::string, std::string> aliases; // typed name to the name PAM ends up with
    std::optional<privileged::PamOutcome> forced;
    std::optional<Error> look_up_error;
    Result<> make_result;
    std::vector<privileged::PamRequest> asked;
    std::vector<std::string> made;

    Async<privileged::PamAnswer> verify(privileged::PamRequest request) override
    {
        asked.push_back(request);
        privileged::PamAnswer answer;
        auto const alias = aliases.find(request.user);
        std::string const name = alias == aliases.end() ? request.user : alias->second;
        auto const found = accounts.find(name);
        bool const right = found != accounts.end() && found->second.password == request.password;
        answer.outcome = forced.value_or(right ? privileged::PamOutcome::ok : privileged::PamOutcome::denied);
        answer.canonical_user = answer.outcome == privileged::PamOutcome::ok ? name : "";
        answer.reason = answer.outcome == privileged::PamOutcome::ok ? "" : "Authentication failure";
        co_return answer;
    }

    Async<privileged::Account> find(std::string name) override
    {
        if (look_up_error)
            co_return std::unexpected(*look_up_error);
        auto const alias = aliases.find(name);
        auto const found = accounts.find(alias == aliases.end() ? name : alias->second);
        if (found == accounts.end())
            co_return fail(Errc::not_found, "no such account");
        privileged::Account account;
        account.name = found->first;
        account.groups = found->second.groups;
        co_return account;
    }

    Async<> make(std::string name) override
    {
        made.push_back(std::move(name));
        co_return make_result;
    }
};

} // namespace jhub::auth
