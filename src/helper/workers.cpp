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
#include "privileged/messages.hpp"
#include "privileged/pidfd.hpp"

namespace jhub::helper {
namespace {

constexpr int answer_fd = worker_answers;

[[noreturn]] void run_worker(std::function<std::string()> const& work, int answers)
{
    for (int number = 1; number < NSIG; ++number)
        signal(number, SIG_DFL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_DUMPABLE, 0); // a crash must not write a password to disk
    setsid();                  // no terminal to ask, and one group to kill
    // Modules may read standard input, print to standard output and leak every descriptor they find.
    int const null = open("/dev/null", O_RDWR | O_CLOEXEC);
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    if (answers != answer_fd)
        dup3(answers, answer_fd, O_CLOEXEC);
    close_range(answer_fd + 1, ~0U, 0);
    std::string const answer = work();
    send(answer_fd, answer.data(), answer.size(), MSG_NOSIGNAL);
    _exit(0); // not exit(): nothing the modules registered shall run in the helper's name
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
    auto const worker = std::make_shared<Worker>(pid, std::move(pidfd), std::move(ours), std::move(job.done), 0);
    running_[pid] = worker;
    loop_.watch(worker->answers.get(), EPOLLIN, [this, worker] { on_answer(*worker); });
    loop_.watch(worker->pidfd.get(), EPOLLIN, [this, worker] { on_exit(worker); });
    worker->deadline = loop_.at(job.deadline, [this, worker] {
        worker->deadline = 0;
        finish(*worker, {.how = WorkerResult::How::too_late, .answer = {}});
    });
}

// Reports the result and ends the worker with all it started. The slot becomes free when the process is reaped.
void Workers::finish(Worker& worker, WorkerResult result)
{
    loop_.forget(worker.answers.get());
    loop_.cancel(std::exchange(worker.deadline, 0));
    kill(-worker.pid, SIGKILL); // it is not reaped yet, so the group's number is still its own
    pidfd_send_signal(worker.pidfd.get(), SIGKILL, nullptr, 0);
    if (auto const done = std::exchange(worker.done, nullptr))
        done(std::move(result));
}

void Workers::on_answer(Worker& worker)
{
    std::string answer(privileged::wire::max_message, '\0');
    ssize_t const size = recv(worker.answers.get(), answer.data(), answer.size(), MSG_DONTWAIT);
    if (size > 0) {
        answer.resize(static_cast<std::size_t>(size));
        return finish(worker, {.how = WorkerResult::How::answered, .answer = std::move(answer)});
    }
    if (size == 0 || (errno != EAGAIN && errno != EINTR))
        loop_.forget(worker.answers.get()); // closed without an answer: its end or the deadline comes next
}

void Workers::on_exit(std::shared_ptr<Worker> const& worker)
{
    if (worker->done)
        on_answer(*worker); // may have answered just before it ended
    siginfo_t info{};
    waitid(P_PIDFD, static_cast<id_t>(worker->pidfd.get()), &info, WEXITED | WNOHANG);
    loop_.forget(worker->pidfd.get());
    running_.erase(worker->pid);
    if (worker->done) {
        int const status = info.si_code == CLD_EXITED ? info.si_status : -info.si_status;
        log_line('E', fmt::format("A worker process ended without an answer, status {}", status));
        loop_.forget(worker->answers.get());
        loop_.cancel(std::exchange(worker->deadline, 0));
        std::exchange(worker->done, nullptr)({.how = WorkerResult::How::broke, .answer = {}, .status = status});
    }
    start_next();
}

} // namespace jhub::helper
