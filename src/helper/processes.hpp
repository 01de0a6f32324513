// The processes the helper knows: prepared, running, adopted. Each has a pidfd; nothing is ever done to a bare number.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "helper/child.hpp"
#include "helper/leftovers.hpp"
#include "helper/loop.hpp"
#include "helper/pam_session.hpp"
#include "helper/records.hpp"
#include "privileged/messages.hpp"

namespace jhub::helper {

namespace wire = privileged::wire;
using Send = std::function<void(std::uint32_t request, wire::Message)>;

class Processes {
  public:
    static constexpr std::chrono::seconds release_patience{60}; // a hub that never says go

    // records: of what it starts and takes over; none for a helper that is not root. leftovers must outlive it.
    Processes(Loop& loop, Send send, Records records, Leftovers& leftovers)
        : loop_(loop), send_(std::move(send)), records_(std::move(records)), leftovers_(leftovers)
    {
    }

    // Each answers request, at once or later.
    void prepare(std::uint32_t request, Plan plan, Descriptor output);
    void release(std::uint32_t request, int pid);
    // The process of that number that is in hand or stands in the records.
    [[nodiscard]] std::optional<privileged::ProcessId> recorded(int pid) const;
    // One that is recorded, and nothing differs. False, without an answer: there is no record of it.
    bool watch(std::uint32_t request, privileged::ProcessId const& wanted);
    // One that no record has: it must belong to the account uid, for which the caller vouches, and lead its session.
    // Start time and boot must fit where they are wanted.
    void adopt(std::uint32_t request, privileged::ProcessId const& wanted, std::uint32_t uid);
    void gone(std::uint32_t request, privileged::ProcessId const& wanted);
    void signal(std::uint32_t request, privileged::ProcessId const& wanted, int number);

  private:
    // preparing -> waiting -> releasing -> running; adopted ones are running from the start.
    enum class Step {
        preparing, // until it says ready
        waiting,   // ready, for the hub's release
        releasing, // told to go, until its command runs or fails
        running,
        failed, // reported why it cannot go on; ends by itself
        ended,  // but what it has left has not yet
    };
    struct Process {
        privileged::ProcessId id;
        Descriptor pidfd;
        Descriptor control; // only until it runs
        bool child = true;
        Step step = Step::running;
        std::uint32_t request = 0; // the one that waits for the present step
        Loop::Timer deadline = 0;
        std::string command, path; // for messages
        std::string user;          // whose PAM session is being opened; empty: nobody's, or it is open
        Mark mark = 0;
    };

    void add(Process process);
    void step_on(Process& process, Step step, std::uint32_t request);
    void on_control(int pid);
    bool read_report(Process& process);
    void on_report(Process& process, Report report);
    void on_exit(int pid);
    void finish(int pid, wire::Exited exited);
    void too_late(int pid);
    void answer_failure(std::uint32_t request, Error error);
    enum class Known {
        from_record,
        from_hub, // then it must lead its session, as every server does, and not be another hub's
    };
    // Opens the process of that number if it is of that account and, where they are given, of that start time and boot.
    void take_over(std::uint32_t request, privileged::ProcessId const& wanted, Known known);

    Loop& loop_;
    Send send_;
    Records records_;
    Leftovers& leftovers_;
    PamSessions sessions_{loop_, leftovers_};
    std::unordered_map<int, Process> known_;
};

} // namespace jhub::helper
