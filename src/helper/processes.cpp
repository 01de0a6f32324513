#include "helper/processes.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "helper/log_line.hpp"
#include "helper/process_info.hpp"
#include "privileged/pidfd.hpp"

namespace jhub::helper {
namespace {

bool has_ended(int pidfd)
{
    pollfd query{pidfd, POLLIN, 0};
    return poll(&query, 1, 0) > 0;
}

// The exit status as upstream gives it: negative for a signal.
int status_of(siginfo_t const& info) { return info.si_code == CLD_EXITED ? info.si_status : -info.si_status; }

// Whether the process of that number is the one that is wanted. Read after its pidfd was opened, and checked alive
// again after that by the caller, so the answer is about the pidfd's process.
bool is_wanted(privileged::ProcessId const& wanted, ProcessFacts const& facts)
{
    if (facts.state == 'Z' || facts.state == 'X' || facts.uid != wanted.uid)
        return false;
    if (wanted.start_time == 0) // a row of the Python hub knows the number only
        return true;
    return facts.start_time == wanted.start_time && wanted.boot_id == boot_id();
}

} // namespace

void Processes::answer_failure(std::uint32_t request, Error error)
{
    send_(request, wire::Failed{error.code, std::move(error.message), std::move(error.detail)});
}

void Processes::add(Process process)
{
    int const pid = process.id.pid;
    loop_.watch(process.pidfd.get(), EPOLLIN, [this, pid] { on_exit(pid); });
    if (process.control)
        loop_.watch(process.control.get(), EPOLLIN, [this, pid] { on_control(pid); });
    leftovers_.add({.leader = pid, .uid = process.id.uid, .mark = process.mark, .ours = process.child});
    if (process.child)
        leftovers_.own(pid);
    known_.insert_or_assign(pid, std::move(process));
}

void Processes::step_on(Process& process, Step step, std::uint32_t request)
{
    loop_.cancel(std::exchange(process.deadline, 0));
    process.step = step;
    process.request = request;
    int const pid = process.id.pid;
    if (step == Step::preparing || step == Step::releasing)
        process.deadline = loop_.at(Loop::Clock::now() + prepare_patience, [this, pid] { too_late(pid); });
    if (step == Step::waiting)
        process.deadline = loop_.at(Loop::Clock::now() + release_patience, [this, pid] { too_late(pid); });
    if (step == Step::running || step == Step::failed) {
        loop_.forget(process.control.get());
        process.control.reset();
    }
}

void Processes::prepare(std::uint32_t request, Plan plan, Descriptor output)
{
    if (!sessions_.wanted())
        plan.pam_service.clear();
    auto child = fork_child(plan, std::move(output));
    if (!child)
        return answer_failure(request, child.error());
    auto const facts = read_process(child->pid);
    int const pid = child->pid;
    privileged::ProcessId const id{pid, facts ? facts->start_time : 0, boot_id(), plan.uid};
    auto const recorded = records_.add(id);
    add({.id = id,
         .pidfd = std::move(child->pidfd),
         .control = std::move(child->control),
         .command = plan.argv.front(),
         .path = plan.path,
         .user = plan.pam_service.empty() ? std::string() : plan.user,
         .mark = mark_of(plan.env)});
    if (recorded)
        return step_on(known_.at(pid), Step::preparing, request);
    log_line('E', fmt::format("{} ({})", recorded.error().message, recorded.error().detail));
    answer_failure(request, recorded.error());
    step_on(known_.at(pid), Step::failed, 0);
    pidfd_send_signal(known_.at(pid).pidfd.get(), SIGKILL, nullptr, 0);
}

void Processes::on_control(int pid)
{
    Process& process = known_.at(pid);
    while (process.control && read_report(process)) {
    }
}

// False when there is none (yet, or ever).
bool Processes::read_report(Process& process)
{
    Report report;
    ssize_t const size = recv(process.control.get(), &report, sizeof report, MSG_DONTWAIT);
    if (size == sizeof report) {
        on_report(process, report);
        return true;
    }
    if (size < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    if (process.step == Step::releasing && size == 0 && !has_ended(process.pidfd.get())) {
        // Closed by exec: the command runs.
        std::uint32_t const request = process.request;
        step_on(process, Step::running, 0);
        send_(request, wire::Done{});
        return false;
    }
    loop_.forget(process.control.get()); // it ends; on_exit answers
    return false;
}

void Processes::on_report(Process& process, Report report)
{
    std::uint32_t const request = process.request;
    std::string const user = std::exchange(process.user, {});
    if (report.stage == Stage::pam_session && report.error > 1)
        return sessions_.opened(report.error, user);
    if (report.stage == Stage::pam_session_failed)
        return sessions_.not_opened(user, report.error);
    if (report.stage == Stage::ready && process.step == Step::preparing) {
        step_on(process, Step::waiting, 0);
        leftovers_.enclose(process.id); // after the modules of a PAM session, which may have left what is to stay
        return send_(request, wire::Watched{process.id});
    }
    step_on(process, Step::failed, 0);
    answer_failure(request, describe(report, process.command, process.path));
}

void Processes::release(std::uint32_t request, int pid)
{
    auto const found = known_.find(pid);
    if (found == known_.end() || found->second.step != Step::waiting)
        return answer_failure(request, {Errc::not_found, "The prepared process is gone.", fmt::format("pid {}", pid)});
    Process& process = found->second;
    step_on(process, Step::releasing, request);
    char const go = 1;
    send(process.control.get(), &go, 1, MSG_NOSIGNAL); // when it is dead already, on_exit answers
}

void Processes::gone(std::uint32_t request, privileged::ProcessId const& wanted)
{
    answer_failure(request, {Errc::not_found, "That process is gone.", fmt::format("pid {}", wanted.pid)});
}

std::optional<privileged::ProcessId> Processes::recorded(int pid) const
{
    auto const found = known_.find(pid);
    return found != known_.end() ? found->second.id : records_.find(pid);
}

bool Processes::watch(std::uint32_t request, privileged::ProcessId const& wanted)
{
    auto const known = recorded(wanted.pid);
    if (!known || wanted.start_time == 0) // then nothing in particular is wanted
        return false;
    if (known != wanted)
        gone(request, wanted);
    else if (known_.contains(wanted.pid)) // our own child, or watched before
        send_(request, wire::Watched{wanted});
    else
        take_over(request, wanted, Known::from_record);
    return true;
}

void Processes::adopt(std::uint32_t request, privileged::ProcessId const& wanted, std::uint32_t uid)
{
    if (auto const found = known_.find(wanted.pid); found != known_.end()) {
        bool const same = found->second.id.uid == uid && wanted.start_time == 0;
        return same ? send_(request, wire::Watched{found->second.id}) : gone(request, wanted);
    }
    take_over(request, {wanted.pid, wanted.start_time, wanted.boot_id, uid}, Known::from_hub);
}

void Processes::take_over(std::uint32_t request, privileged::ProcessId const& wanted, Known known)
{
    Descriptor pidfd(wanted.pid > 1 ? pidfd_open(wanted.pid, 0) : -1);
    if (!pidfd && wanted.pid > 1 && errno != ESRCH && errno != EINVAL)
        return answer_failure(request, {Errc::unavailable, "Cannot watch another process.", strerror(errno)});
    auto const facts = pidfd ? read_process(wanted.pid) : std::nullopt;
    if (!facts || !is_wanted(wanted, *facts) || has_ended(pidfd.get()))
        return gone(request, wanted);
    privileged::ProcessId const id{wanted.pid, facts->start_time, boot_id(), facts->uid};
    if (known == Known::from_hub && (facts->session != id.pid || records_.belongs_to_another_hub(id)))
        return gone(request, wanted);
    if (auto const recorded = records_.add(id); !recorded)
        return answer_failure(request, recorded.error());
    add({.id = id, .pidfd = std::move(pidfd), .child = false, .mark = mark_of(id.pid, id.uid)});
    send_(request, wire::Watched{id});
}

void Processes::signal(std::uint32_t request, privileged::ProcessId const& wanted, int number)
{
    auto const found = known_.find(wanted.pid);
    if (found == known_.end() || found->second.id != wanted)
        return send_(request, wire::Done{false});
    bool const sent = pidfd_send_signal(found->second.pidfd.get(), number, nullptr, 0) == 0;
    if (!sent && errno != ESRCH)
        return answer_failure(request,
                              {Errc::failed, "Cannot signal the process.", fmt::format("kill: {}", strerror(errno))});
    send_(request, wire::Done{sent});
}

void Processes::on_exit(int pid)
{
    Process& process = known_.at(pid);
    // Its last words first: a failed exec is reported with its reason.
    if (process.control)
        on_control(pid);
    siginfo_t info{};
    bool const known =
        process.child &&
        waitid(P_PIDFD, static_cast<id_t>(process.pidfd.get()), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
        info.si_pid == pid;
    int const status = known ? status_of(info) : 0;
    if (!process.user.empty())
        sessions_.lost(process.user);
    if (process.request != 0) // it ended in the middle of a step; for a command that ran and ended at once that is fine
        process.step == Step::releasing
            ? send_(process.request, wire::Done{})
            : answer_failure(process.request, {Errc::failed, "The process ended while it was prepared.",
                                               fmt::format("pid {}, status {}", pid, status)});
    loop_.cancel(process.deadline);
    loop_.forget(process.pidfd.get());
    if (process.control)
        loop_.forget(process.control.get());
    process.step = Step::ended;
    process.deadline = 0;
    process.request = 0;
    leftovers_.end(process.id, [this, exited = wire::Exited{pid, known, status}] { finish(exited.pid, exited); });
}

// Nothing of it is left: its number may go to another, and the hub may know.
void Processes::finish(int pid, wire::Exited exited)
{
    auto const found = known_.find(pid);
    if (found == known_.end() || found->second.step != Step::ended)
        return; // adopted, so that another could get its number meanwhile
    siginfo_t info{};
    if (found->second.child)
        waitid(P_PIDFD, static_cast<id_t>(found->second.pidfd.get()), &info, WEXITED | WNOHANG);
    records_.remove(found->second.id);
    known_.erase(found);
    leftovers_.disown(pid);
    send_(0, exited);
}

void Processes::too_late(int pid)
{
    Process& process = known_.at(pid);
    process.deadline = 0;
    log_line('W',
             fmt::format("Killing process {} ({:?}): it did not come through its start in time", pid, process.command));
    if (std::uint32_t const request = std::exchange(process.request, 0); request != 0)
        answer_failure(request, {Errc::timeout,
                                 "The process could not be started in time. Is the home directory on a file server "
                                 "that does not answer?",
                                 fmt::format("pid {}", pid)});
    process.step = Step::failed;
    pidfd_send_signal(process.pidfd.get(), SIGKILL, nullptr, 0);
}

} // namespace jhub::helper
