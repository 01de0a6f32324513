#include "auth/helper_accounts.hpp"

#include <csignal>

namespace jhub::auth {
namespace {

constexpr std::chrono::seconds patience{60};

} // namespace

Async<privileged::PamAnswer> HelperAccounts::verify(privileged::PamRequest request)
{
    co_return co_await helper_.authenticate(std::move(request));
}

Async<privileged::Account> HelperAccounts::find(std::string name)
{
    co_return co_await helper_.account(std::move(name));
}

Async<> HelperAccounts::run(std::vector<std::string> argv)
{
    std::string const program = argv.empty() ? "" : argv.front();
    privileged::StartCommand command;
    command.argv = std::move(argv);
    command.env = {{"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}, {"LC_ALL", "C.UTF-8"}};
    command.working_directory = "/";
    CO_TRY(privileged::ProcessHandle const process, co_await helper_.prepare(std::move(command)));
    CO_CHECK(co_await helper_.release(process->id().pid));
    if (!co_await process->wait_exit(patience)) {
        CO_CHECK(co_await helper_.signal(process->id(), SIGKILL));
        co_return fail(Errc::timeout, program + " did not finish within a minute");
    }
    if (process->exit_status() != 0)
        co_return fail(Errc::failed,
                       program + " ended with exit status " + std::to_string(process->exit_status().value_or(-1)));
    co_return Result<>();
}

} // namespace jhub::auth
