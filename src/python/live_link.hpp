// The process behind LiveHost: lines out, lines in, and starting it again. Private to this layer.
#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>

#include <deque>
#include <map>
#include <optional>

#include "python/live_host.hpp"

namespace jhub::python {

class LiveLink : public std::enable_shared_from_this<LiveLink> {
  public:
    LiveLink(asio::any_io_executor executor, LiveOptions options) : executor_(executor), options_(std::move(options)) {}

    void adopt(Child interpreter); // introduced already
    void close();                  // for good
    [[nodiscard]] int pid() const { return process_ && phase_ == Phase::ready ? process_->child.pid() : 0; }
    Task<Answer> call(std::string method, Json arguments, std::chrono::milliseconds patience,
                      Cancellation* cancellation);

  private:
    enum class Phase {
        down,       // no process: it has ended and will be started again
        evaluating, // a new one evaluates the file
        greeting,   // it is told the greeting
        ready,      // it answers calls
    };
    // One life of the process.
    struct Process {
        Process(asio::any_io_executor const& executor, Child running)
            : child(std::move(running)), stream(executor, child.take_channel())
        {
        }
        Child child;
        asio::posix::stream_descriptor stream;
        std::deque<std::string> outgoing;
        bool writing = false;
        std::string input;
    };
    struct Call {
        std::string line; // until it has begun, for asking again
        bool begun = false;
        Event done;
        std::optional<Answer> answer;
    };

    void attach(Child child, Phase phase);
    void send(std::string line);
    void take_line(std::string_view line);
    void take_evaluation(Json const& answer);
    void take_greeting(Json const& answer);
    void take_answer(Json const& message);
    void be_ready();
    void go_down(std::string_view why);
    void fail_begun_calls();
    static Task<> write(std::shared_ptr<Process> process);
    static Task<> read(std::shared_ptr<LiveLink> self, std::shared_ptr<Process> process);
    static Task<> reap(std::shared_ptr<Process> process);
    static Task<> start_again(std::shared_ptr<LiveLink> self);
    static Task<> look_after_late_call(std::shared_ptr<LiveLink> self, std::shared_ptr<Process> process);

    asio::any_io_executor executor_;
    LiveOptions options_;
    Phase phase_ = Phase::down;
    bool closed_ = false;
    bool looking_ = false; // a ping is under way
    std::shared_ptr<Process> process_;
    std::shared_ptr<Event> changed_ = std::make_shared<Event>(); // replaced at each change of phase
    std::shared_ptr<Event> pong_;
    std::chrono::steady_clock::time_point ready_since_;
    std::chrono::milliseconds restart_delay_{0};
    std::int64_t last_id_ = 0;
    std::map<std::int64_t, std::shared_ptr<Call>> calls_;
};

} // namespace jhub::python
