// jupyterhub-helper: the only part of JupyterHub that needs root. Starts, watches and signals processes and asks PAM,
// for the hub that started it and nobody else: over the socket it inherits as descriptor 3, within the policy that it
// inherits as descriptor 4. Ends when the hub does.
// Not meant to be started by hand.
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string_view>

#include "helper/log_line.hpp"
#include "helper/login_program.hpp"
#include "helper/own_rights.hpp"
#include "helper/requests.hpp"

namespace {

using namespace jhub::helper;

constexpr int hub_socket = 3;
constexpr int policy_file = 4;

// The kernel remembers who made the socket pair: the hub.
bool is_the_hubs_socket(int fd, HelperPolicy const& policy)
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
    if (count == 3 && std::string_view(arguments[1]) == login_option)
        return run_login_program(std::atoi(arguments[2]));
    auto const policy = jhub::privileged::read_policy(policy_file);
    if (!policy || !is_the_hubs_socket(hub_socket, *policy)) {
        std::fputs("jupyterhub-helper is started by jupyterhub, not by hand.\n", stderr);
        return 2;
    }
    // Ctrl-C at the hub's terminal reaches the helper too, but the hub still needs it to stop servers in good order.
    // It ends when the hub's socket closes.
    for (int const number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGUSR1, SIGUSR2})
        signal(number, SIG_IGN);
    close_range(hub_socket + 1, ~0U, 0);
    raise_open_files();
    auto const former = give_up_rights(*policy);
    if (!former) {
        log_line('E', former.error().message);
        return 1;
    }
    try {
        Loop loop;
        Requests const requests(loop, jhub::Descriptor(hub_socket), *policy, *former);
        loop.run();
    } catch (std::exception const& problem) {
        log_line('E', problem.what());
        return 1;
    }
    return 0;
}
