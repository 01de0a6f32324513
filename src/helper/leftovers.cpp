#include "helper/leftovers.hpp"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "helper/log_line.hpp"

namespace jhub::helper {
namespace {

using namespace std::chrono_literals;

constexpr Loop::Clock::duration shortest_pause = 2ms, longest_pause = 1s;
constexpr Loop::Clock::duration sweep_patience = 1s;
constexpr Loop::Clock::duration unusual = 5s; // a process that survives SIGKILL for so long hangs in the kernel
constexpr int looks_at_once = 2;              // what is killed has ended by the next look, as a rule

// One that is not known yet: the keeper of a PAM session whose report is on its way. Asked about the helper's own
// account only: others could hide behind the program's name.
bool is_fork_of_helper(int pid)
{
    struct stat own{};
    struct stat other{};
    return stat("/proc/self/exe", &own) == 0 && stat(fmt::format("/proc/{}/exe", pid).c_str(), &other) == 0 &&
           own.st_dev == other.st_dev && own.st_ino == other.st_ino;
}

} // namespace

Leftovers::Leftovers(Loop& loop) : loop_(loop)
{
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    sigset_t children;
    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    sigprocmask(SIG_BLOCK, &children, nullptr); // children of the helper reset it
    child_signals_ = Descriptor(signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!child_signals_)
        throw std::system_error(errno, std::generic_category(), "signalfd");
    loop_.watch(child_signals_.get(), EPOLLIN, [this] {
        signalfd_siginfo info;
        while (read(child_signals_.get(), &info, sizeof info) == sizeof info) {
        }
        reap_orphans();
    });
    for (std::string& cgroup : cgroups_.abandoned())
        begin({.group = {}, .cgroup = std::move(cgroup), .done = [] {}});
    // Before the first request: whoever asks about such a process is told that it is gone.
    for (auto const end = Loop::Clock::now() + sweep_patience; !endings_.empty() && Loop::Clock::now() < end;) {
        look();
        std::this_thread::sleep_for(shortest_pause);
    }
}

// Those that have an owner are reaped by it, through a pidfd; then the rest is looked for again.
void Leftovers::reap_orphans()
{
    for (siginfo_t info{}; waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0;
         info.si_pid = 0) {
        if (owned_.contains(info.si_pid))
            return;
        waitid(P_PID, static_cast<id_t>(info.si_pid), &info, WEXITED | WNOHANG);
    }
}

void Leftovers::disown(int pid)
{
    owned_.erase(pid);
    reap_orphans();
}

void Leftovers::end(privileged::ProcessId const& id, std::function<void()> done)
{
    auto const group = groups_.find(id.pid);
    begin({.group = group != groups_.end() ? group->second : ProcessGroup{.leader = id.pid, .uid = id.uid},
           .cgroup = cgroups_.find(id),
           .done = std::move(done)});
}

void Leftovers::end_descendants(privileged::ProcessId const& id, std::function<void()> done)
{
    begin({.group = {.leader = id.pid}, .cgroup = cgroups_.find(id), .of_worker = true, .done = std::move(done)});
}

// Many that end at the same time are looked for in one table.
void Leftovers::begin(Ending ending)
{
    ending.begun = Loop::Clock::now();
    endings_.push_back(std::move(ending));
    loop_.cancel(std::exchange(next_look_, loop_.at(Loop::Clock::now(), [this] { look(); })));
    pause_ = shortest_pause;
}

std::vector<int> Leftovers::rest_of(Ending const& ending, ProcessTable const& table) const
{
    if (ending.group.leader == 0)
        return {};
    if (ending.of_worker)
        return descendants_of(table, ending.group.leader);
    std::vector<ProcessGroup> others;
    for (auto const& [leader, group] : groups_)
        if (leader != ending.group.leader && group.uid == ending.group.uid)
            others.push_back(group);
    Recognition const how{.helper = getpid(),
                          .is_spoken_for =
                              [this, own = ending.group.uid == geteuid()](int pid) {
                                  return owned_.contains(pid) || groups_.contains(pid) ||
                                         (own && is_fork_of_helper(pid));
                              },
                          .uid_of =
                              [](int pid) {
                                  auto const facts = read_process(pid);
                                  return facts ? facts->uid : ~std::uint32_t{0};
                              },
                          .mark_of = [uid = ending.group.uid](int pid) { return mark_of(pid, uid); }};
    return members_of(table, ending.group, others, how);
}

void Leftovers::report(Ending& ending, std::size_t count)
{
    if (std::exchange(ending.reported, true))
        return;
    log_line('W',
             fmt::format("{} processes of {} do not end, although they were killed", count,
                         ending.group.leader != 0 ? fmt::format("process {}", ending.group.leader) : ending.cgroup));
}

bool Leftovers::is_over(Ending& ending, ProcessTable const& table)
{
    if (!ending.cgroup.empty())
        Cgroups::kill(ending.cgroup);
    auto const rest = rest_of(ending, table);
    for (int const pid : rest)
        kill_process(table, pid);
    bool const late = Loop::Clock::now() - ending.begun > unusual;
    if (late && !rest.empty())
        report(ending, rest.size());
    if (!rest.empty() && !(late && ending.of_worker))
        return false;
    if (ending.cgroup.empty())
        return true;
    if (Cgroups::is_empty(ending.cgroup)) // an empty one that stays is the next helper's
        return Cgroups::remove(ending.cgroup) || late;
    if (late)
        report(ending, 1);
    return late && ending.of_worker;
}

void Leftovers::look()
{
    loop_.cancel(std::exchange(next_look_, 0));
    std::vector<std::function<void()>> over;
    for (int i = 0; i < looks_at_once && !endings_.empty(); ++i) {
        ProcessTable const table = read_process_table();
        for (auto ending = endings_.begin(); ending != endings_.end();) {
            if (!is_over(*ending, table)) {
                ++ending;
                continue;
            }
            groups_.erase(ending->group.leader);
            over.push_back(std::move(ending->done));
            ending = endings_.erase(ending);
        }
    }
    if (!endings_.empty()) {
        next_look_ = loop_.at(Loop::Clock::now() + pause_, [this] { look(); });
        pause_ = std::min(pause_ * 2, longest_pause);
    }
    for (auto const& done : over)
        done();
}

} // namespace jhub::helper
