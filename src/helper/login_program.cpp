#include "helper/login_program.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include <fmt/format.h>

#include "helper/accounts.hpp"
#include "helper/log_line.hpp"
#include "helper/pam_login.hpp"
#include "helper/workers.hpp"

namespace jhub::helper {
namespace {

constexpr int policy_fd = worker_answers + 1, login_fd = worker_answers + 2;

// What the pipe holds is read once and gone; 64 KiB, the largest packet, fit into it.
Descriptor pipe_with(std::string const& bytes)
{
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0)
        return {};
    Descriptor reading(ends[0]);
    Descriptor const writing(ends[1]);
    bool const whole = write(writing.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size());
    return whole ? std::move(reading) : Descriptor();
}

Result<wire::Authenticate> read_login()
{
    std::string bytes(wire::max_message, '\0');
    ssize_t const size = read(login_fd, bytes.data(), bytes.size());
    auto packet = wire::decode({bytes.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))});
    wire::wipe(bytes);
    if (packet && std::holds_alternative<wire::Authenticate>(packet->message))
        return std::get<wire::Authenticate>(std::move(packet->message));
    return fail(Errc::invalid_argument, "This is no login.");
}

void note(std::string const& user, HelperPolicy const& policy)
{
    auto const account = policy.hub ? find_account(user) : fail(Errc::not_found, "");
    if (!account || !privileged::is_powerful(policy.admission, *account))
        return;
    auto const noted = LoginRecords(policy.hub->uid).note(*account, std::chrono::system_clock::now());
    if (!noted)
        log_line('E', fmt::format("{} ({})", noted.error().message, noted.error().detail));
}

} // namespace

std::string become_login_program(wire::Authenticate const& login, HelperPolicy const& policy, pid_t helper)
{
    auto const packet = wire::encode({1, login});
    Descriptor const secrets = packet ? pipe_with(*packet) : Descriptor();
    auto const sealed = privileged::seal_policy(policy);
    if (!secrets || !sealed)
        return {};
    // Out of the way first, so that none takes another's number before that has moved.
    int const high = fcntl(secrets.get(), F_DUPFD_CLOEXEC, login_fd + 1);
    bool const set = high >= 0 && dup2(sealed->get(), policy_fd) == policy_fd && dup2(high, login_fd) == login_fd &&
                     fcntl(worker_answers, F_SETFD, 0) == 0;
    std::string name = "jupyterhub-helper";
    std::string option = login_option;
    std::string parent = std::to_string(helper);
    std::array<char*, 4> arguments{name.data(), option.data(), parent.data(), nullptr};
    if (set)
        execv("/proc/self/exe", arguments.data());
    return {};
}

int run_login_program(pid_t helper)
{
    fcntl(worker_answers, F_SETFD, FD_CLOEXEC);
    prctl(PR_SET_PDEATHSIG, SIGKILL); // both are undone by exec where it brings capabilities back
    prctl(PR_SET_DUMPABLE, 0);        // a crash must not write a password to disk
    auto const policy = privileged::read_policy(policy_fd);
    auto const login = read_login();
    close_range(policy_fd, ~0U, 0);
    if (!policy || !login || getppid() != helper)
        return 1;
    LoginResult const result = log_in(*login);
    if (result.answer.outcome == privileged::PamOutcome::ok)
        note(result.answer.canonical_user, *policy);
    std::string const answer = pack(result);
    send(worker_answers, answer.data(), answer.size(), MSG_NOSIGNAL);
    for (;;) // the helper ends it; not exit(): nothing the modules registered shall run
        pause();
}

} // namespace jhub::helper
