#include "helper/workers.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "helper/log_line.hpp"
#include "helper/process_info.hpp"
#include "privileged/messages.hpp"
#include "privileged/pidfd.hpp"

namespace jhub::helper {
namespace {

constexpr int answer_fd = worker_answers;

[[noreturn]] void run_worker(std::function<std::string()> const& work, int answers)
{
    for (int number = 1; number < NSIG; ++number)
        signal(number, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    prctl(PR_SET_DUMPABLE, 0); // a crash must not write a password to disk
    setsid();                  // no terminal to ask, and one group to kill
    // Modules may read standard input, print to standard output and leak every descriptor they find.
    int const null = open("/dev/null", O_RDWR | O_CLOEXEC);
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    if (answers != answer_fd)
        dup3(answers, answer_fd, O_CLOEXEC);
    close_range(answer_fd + 1, ~0U, 0);
    char go = 0; // it has its cgroup
    if (recv(answer_fd, &go, 1, 0) != 1)
        _exit(0);
    std::string const answer = work();
    send(answer_fd, answer.data(), answer.size(), MSG_NOSIGNAL);
    for (;;) // for the helper to end it; not exit(): nothing the modules registered shall run in the helper's name
        pause();
}

} // namespace

void Workers::submit(Job job)
{
    if (running_.size() < at_once_)
        return start(std::move(job));
    drop_late_ones();
    if (queue_.size() >= queue_limit_)
        return job.done({});
    // A waiting one is told in time, also when no worker ever becomes free.
    loop_.at(job.deadline, [this] { drop_late_ones(); });
    queue_.push_back(std::move(job));
}

void Workers::drop_late_ones()
{
    std::deque<Job> late;
    for (auto job = queue_.begin(); job != queue_.end();) {
        if (job->deadline <= Loop::Clock::now()) {
            late.push_back(std::move(*job));
            job = queue_.erase(job);
        } else
            ++job;
    }
    for (Job const& job : late)
        job.done({.how = WorkerResult::How::too_late, .answer = {}});
}

void Workers::start_next()
{
    drop_late_ones();
    if (queue_.empty() || running_.size() >= at_once_)
        return;
    Job job = std::move(queue_.front());
    queue_.pop_front();
    start(std::move(job));
}

void Workers::start(Job job)
{
    std::array<int, 2> pair{};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair.data()) != 0)
        return job.done({});
    Descriptor ours(pair[0]);
    Descriptor const theirs(pair[1]);
    pid_t const pid = fork();
    if (pid == 0)
        run_worker(job.work, theirs.get());
    if (pid < 0)
        return job.done({});
    Descriptor pidfd(pidfd_open(pid, 0));
    if (!pidfd) {
        kill(pid, SIGKILL);
        waitpid(pid, nullptr, 0);
        return job.done({});
    }
    auto const facts = read_process(pid);
    auto const worker =
        std::make_shared<Worker>(privileged::ProcessId{pid, facts ? facts->start_time : 0, boot_id(), 0},
                                 std::move(pidfd), std::move(ours), std::move(job.done), 0);
    running_[pid] = worker;
    leftovers_.own(pid);
    leftovers_.enclose(worker->id);
    char const go = 1;
    send(worker->answers.get(), &go, 1, MSG_NOSIGNAL);
    loop_.watch(worker->answers.get(), EPOLLIN, [this, worker] { on_answer(worker); });
    loop_.watch(worker->pidfd.get(), EPOLLIN, [this, worker] { on_exit(worker); });
    worker->deadline = loop_.at(job.deadline, [this, worker] {
        worker->deadline = 0;
        finish(worker, {.how = WorkerResult::How::too_late, .answer = {}});
    });
}

void Workers::report(Worker& worker, WorkerResult result)
{
    loop_.forget(worker.answers.get());
    loop_.cancel(std::exchange(worker.deadline, 0));
    if (auto const done = std::exchange(worker.done, nullptr))
        done(std::move(result));
}

// Reports the result and ends all that the worker has started, then the worker. Its slot becomes free when it is
// reaped.
void Workers::finish(std::shared_ptr<Worker> const& worker, WorkerResult result)
{
    report(*worker, std::move(result));
    leftovers_.end_descendants(worker->id, [worker] { pidfd_send_signal(worker->pidfd.get(), SIGKILL, nullptr, 0); });
}

void Workers::on_answer(std::shared_ptr<Worker> const& worker)
{
    std::string answer(privileged::wire::max_message, '\0');
    ssize_t const size = recv(worker->answers.get(), answer.data(), answer.size(), MSG_DONTWAIT);
    if (size > 0) {
        answer.resize(static_cast<std::size_t>(size));
        return finish(worker, {.how = WorkerResult::How::answered, .answer = std::move(answer)});
    }
    if (size == 0 || (errno != EAGAIN && errno != EINTR))
        loop_.forget(worker->answers.get()); // closed without an answer: its end or the deadline comes next
}

// By the helper's hand, or by itself: then its orphans are the helper's, but what is in its session and its cgroup is
// still known. Until that is ended it is not reaped, so its number is nobody else's.
void Workers::on_exit(std::shared_ptr<Worker> const& worker)
{
    if (worker->done)
        on_answer(worker); // may have answered just before it ended
    loop_.forget(worker->pidfd.get());
    if (worker->done) {
        siginfo_t info{};
        waitid(P_PIDFD, static_cast<id_t>(worker->pidfd.get()), &info, WEXITED | WNOHANG | WNOWAIT);
        int const status = info.si_code == CLD_EXITED ? info.si_status : -info.si_status;
        log_line('E', fmt::format("A worker process ended without an answer, status {}", status));
        report(*worker, {.how = WorkerResult::How::broke, .answer = {}, .status = status});
    }
    leftovers_.end_descendants(worker->id, [this, worker] { reap(worker); });
}

void Workers::reap(std::shared_ptr<Worker> const& worker)
{
    siginfo_t info{};
    waitid(P_PIDFD, static_cast<id_t>(worker->pidfd.get()), &info, WEXITED | WNOHANG);
    leftovers_.disown(worker->id.pid);
    running_.erase(worker->id.pid);
    start_next();
}

} // namespace jhub::helper
