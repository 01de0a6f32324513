// jupyterhub-helper: the only part of JupyterHub that needs root. Starts, watches and signals processes and asks PAM,
// for the hub that started it and nobody else: over the socket it inherits as descriptor 3. Ends when the hub does.
// Not meant to be started by hand.
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <exception>
#include <optional>
#include <string_view>

#include "helper/log_line.hpp"
#include "helper/requests.hpp"

namespace {

using namespace jhub::helper;

constexpr int hub_socket = 3;

template <typename Number> bool read_number(std::string_view text, Number& number)
{
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size();
}

// "UID:GID"
bool read_account(std::string_view text, std::optional<HubIdentity>& account)
{
    std::size_t const colon = std::min(text.find(':'), text.size());
    account.emplace();
    return colon < text.size() && read_number(text.substr(0, colon), account->uid) &&
           read_number(text.substr(colon + 1), account->gid);
}

std::optional<Policy> read_arguments(int count, char** arguments)
{
    constexpr std::string_view open_files = "--open-files=";
    constexpr std::string_view hub_account = "--hub-account=";
    constexpr std::string_view allow_variable = "--allow-variable=";
    Policy policy;
    for (int i = 1; i < count; ++i) {
        std::string_view const argument = arguments[i];
        bool good = true;
        if (argument == "--allow-root-user")
            policy.allow_root_user = true;
        else if (argument.starts_with(open_files))
            good = read_number(argument.substr(open_files.size()), policy.open_files);
        else if (argument.starts_with(allow_variable))
            policy.allowed_variables.emplace_back(argument.substr(allow_variable.size()));
        else
            good = argument.starts_with(hub_account) && read_account(argument.substr(hub_account.size()), policy.hub);
        if (!good)
            return std::nullopt;
    }
    return policy;
}

// The kernel remembers who made the socket pair: the hub.
bool is_the_hubs_socket(int fd, Policy const& policy)
{
    int type = 0;
    socklen_t size = sizeof type;
    ucred peer{};
    socklen_t peer_size = sizeof peer;
    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_SEQPACKET &&
           getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &peer_size) == 0 &&
           peer.uid == (policy.hub ? policy.hub->uid : getuid());
}

// One descriptor per server is needed here; the servers get the old limit back.
void raise_open_files()
{
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

} // namespace

int main(int count, char** arguments)
{
    auto const policy = read_arguments(count, arguments);
    if (!policy || !is_the_hubs_socket(hub_socket, *policy)) {
        std::fputs("jupyterhub-helper is started by jupyterhub, not by hand.\n", stderr);
        return 2;
    }
    // Ctrl-C at the hub's terminal reaches the helper too, but the hub still needs it to stop servers in good order.
    // It ends when the hub's socket closes.
    for (int const number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE})
        signal(number, SIG_IGN);
    close_range(hub_socket + 1, ~0U, 0);
    raise_open_files();
    try {
        Loop loop;
        Requests const requests(loop, jhub::Descriptor(hub_socket), *policy);
        loop.run();
    } catch (std::exception const& problem) {
        log_line('E', problem.what());
        return 1;
    }
    return 0;
}
