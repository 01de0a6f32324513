// The socket to the helper program, from the hub's side: requests and their answers, exits, and starting the helper
// again when it dies. Private to this layer; Helper is its face.
#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <array>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>

#include "base/async.hpp"
#include "base/descriptor.hpp"
#include "privileged/helper.hpp"
#include "privileged/messages.hpp"

namespace jhub::privileged {

class HelperConnection : public std::enable_shared_from_this<HelperConnection> {
  public:
    HelperConnection(asio::any_io_executor executor, HelperOptions options);
    ~HelperConnection();
    HelperConnection(HelperConnection const&) = delete;
    HelperConnection& operator=(HelperConnection const&) = delete;

    Result<> start(); // the first time
    void close();     // for good; requests in flight fail

    // One request and its answer; wire::Failed comes back as an Error. The descriptor, if any, goes along.
    Async<wire::Message> call(wire::Message message, std::chrono::milliseconds patience, Descriptor descriptor = {});
    // As call, for requests that are answered with a process, which is watched from then on.
    Async<ProcessHandle> call_for_process(wire::Message message, std::chrono::milliseconds patience,
                                          Descriptor descriptor = {});

    [[nodiscard]] ProcessHandle find(int pid) const;
    void on_exit(std::function<void(ProcessId const&, std::optional<int>)> callback) { on_exit_ = std::move(callback); }
    [[nodiscard]] int helper_pid() const { return pid_; }

  private:
    static constexpr std::size_t max_in_flight = 4096;

    struct Answer {
        Result<wire::Message> message;
        ProcessHandle process;
    };
    using OnAnswer = std::function<void(Answer)>;
    struct Outgoing {
        std::string bytes;
        Descriptor descriptor;
    };
    struct Waiter; // a coroutine that waits for its answer

    Async<Answer> exchange(wire::Message message, std::chrono::milliseconds patience, Descriptor descriptor);
    Result<std::uint32_t> post(wire::Message message, Descriptor descriptor, OnAnswer on_answer);
    void flush();
    bool send_one(Outgoing const& packet);
    void listen();
    bool receive_one();
    void on_packet(wire::Packet packet);
    ProcessHandle remember(wire::Watched const& watched);
    void mark_exited(int pid, std::optional<int> status);
    void abandon(std::uint32_t request);

    void on_down();
    void drop_socket();
    void reap_helper();
    void restart_later();
    void restart();
    void watch_again();

    asio::any_io_executor executor_;
    HelperOptions options_;

    int pid_ = 0;
    std::optional<asio::posix::stream_descriptor> socket_, pidfd_;
    std::array<char, wire::max_message> buffer_{};          // for the packet that arrives
    std::shared_ptr<Event> up_ = std::make_shared<Event>(); // set while the helper can be reached
    bool closed_ = false;
    bool write_pending_ = false;
    std::chrono::steady_clock::time_point started_at_;
    std::chrono::milliseconds restart_delay_{0};
    asio::steady_timer restart_timer_;

    std::uint32_t last_request_ = 0;
    std::unordered_map<std::uint32_t, OnAnswer> in_flight_;
    std::deque<Outgoing> outgoing_;
    std::unordered_map<int, ProcessHandle> processes_; // those that run, as far as is known
    std::function<void(ProcessId const&, std::optional<int>)> on_exit_;
};

} // namespace jhub::privileged
