// What the hub counts and times, for Prometheus: names and labels are those that dashboards for JupyterHub read
// (reference services.md §8). Every series whose label values are known is there from the start, at zero.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace jhub::hub {

// What is timed. The comment names the label and its values; measures without one take no status.
enum class Measure {
    server_spawn,  // status: success, failure, already-pending, throttled, too-many-users
    server_stop,   // status: success, failure
    server_poll,   // status: ServerPollStatus.running, ServerPollStatus.stopped
    proxy_add,     // status: success, failure
    proxy_delete,  // status: success, failure
    proxy_poll,    // reading the proxy's routes
    check_routes,  // comparing them with what runs
    hub_startup,   // from the first line to serving
    init_spawners, // taking over what ran before
    event_loop,    // between two ticks that should be 50 ms apart
    database,      // operation: read, write; with the time in the queue
};

namespace status {
inline constexpr std::string_view success = "success", failure = "failure";
inline constexpr std::string_view already_pending = "already-pending", throttled = "throttled",
                                  too_many_users = "too-many-users";
inline constexpr std::string_view running = "ServerPollStatus.running", stopped = "ServerPollStatus.stopped";
inline constexpr std::string_view read = "read", write = "write";
} // namespace status

// Counted when somebody looks.
struct People {
    std::int64_t users = 0, running_servers = 0;
    std::int64_t waiting_starts = 0, running_starts = 0;
    struct Active {
        std::int64_t day = 0, week = 0, month = 0;
    };
    std::optional<Active> active; // nothing when this is not wanted
};

class Metrics {
  public:
    using Duration = std::chrono::steady_clock::duration;

    // prefix: "jupyterhub", without the underscore that follows it.
    explicit Metrics(std::string prefix);
    ~Metrics();
    Metrics(Metrics const&) = delete;
    Metrics& operator=(Metrics const&) = delete;

    // status is one of the measure's label values, empty for measures without a label.
    void observe(Measure measure, Duration took, std::string_view status = {});
    // handler is what dashboards know the route as (handler_names.hpp).
    void observe_request(std::string_view method, std::string_view handler, int code, Duration took);

    // All of it in Prometheus' text format 0.0.4, with what the process itself uses.
    [[nodiscard]] std::string text(People const& people);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

// Times what happens from its making until it is told how that went.
class Stopwatch {
  public:
    Stopwatch(Metrics& metrics, Measure measure) : metrics_(metrics), measure_(measure) {}
    void stop(std::string_view status = {}) const
    {
        metrics_.observe(measure_, std::chrono::steady_clock::now() - begun_, status);
    }

  private:
    Metrics& metrics_;
    Measure measure_;
    std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

} // namespace jhub::hub
