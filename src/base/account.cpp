#include "base/account.hpp"

#include <grp.h>
#include <poll.h>
#include <signal.h> // NOLINT: kill is POSIX
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "base/packets.hpp"

namespace jhub {
namespace {

constexpr int patience_ms = 10'000;
constexpr std::size_t longest_words = 4096;

bool become(Account const& account)
{
    bool const changed = ::setgroups(account.groups.size(), account.groups.data()) == 0 &&
                         ::setresgid(account.gid, account.gid, account.gid) == 0 &&
                         ::setresuid(account.uid, account.uid, account.uid) == 0;
    return changed && ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 && (account.uid == 0 || ::setuid(0) != 0);
}

// One packet: the code of the error, if any, and its words.
[[noreturn]] void answer(int channel, Account const& account, std::function<Result<Descriptor>()> const& act)
{
    auto outcome =
        become(account) ? act() : fail(Errc::failed, fmt::format("cannot become the account {}", account.uid));
    std::string words(1, '\0');
    if (!outcome)
        words = std::string(1, static_cast<char>(1 + static_cast<int>(outcome.error().code))) +
                outcome.error().message.substr(0, longest_words - 1);
    int const descriptor = outcome ? outcome->get() : -1;
    ::_exit(send_packet(channel, words, one_or_none(descriptor)) < 0 ? 1 : 0);
}

Result<Descriptor> listen_to(int channel)
{
    pollfd query{channel, POLLIN, 0};
    int ready = 0;
    do
        ready = ::poll(&query, 1, patience_ms);
    while (ready < 0 && errno == EINTR);
    if (ready != 1)
        return fail(Errc::timeout, "it took too long");
    std::array<char, longest_words> words{};
    std::vector<int> descriptors;
    ssize_t const size = receive_packet(channel, words, descriptors);
    Descriptor received(descriptors.empty() ? -1 : descriptors.front());
    for (std::size_t i = 1; i < descriptors.size(); ++i)
        ::close(descriptors[i]);
    if (size < 1)
        return fail(Errc::failed, "the process that tried it has ended");
    if (words[0] != '\0')
        return fail(static_cast<Errc>(words[0] - 1), std::string(words.data() + 1, static_cast<std::size_t>(size - 1)));
    return received;
}

} // namespace

Account this_account()
{
    Account account{::geteuid(), ::getegid(), {}};
    int const count = ::getgroups(0, nullptr);
    account.groups.resize(static_cast<std::size_t>(count > 0 ? count : 0));
    if (::getgroups(count, account.groups.data()) != count)
        account.groups.clear();
    return account;
}

Result<Descriptor> act_as(Account const& account, std::function<Result<Descriptor>()> const& act)
{
    if (account.uid == ::geteuid())
        return act();
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
        return fail(Errc::failed, std::strerror(errno));
    Descriptor const ours(ends[0]);
    Descriptor its(ends[1]);
    pid_t const pid = ::fork();
    if (pid == 0)
        answer(its.get(), account, act);
    its.reset();
    if (pid < 0)
        return fail(Errc::failed, std::strerror(errno));
    auto outcome = listen_to(ours.get());
    ::kill(pid, SIGKILL); // it has answered, or will not
    while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
    return outcome;
}

} // namespace jhub
