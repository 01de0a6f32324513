// The monitor: a small process beside the proxy, forked before anything else happens. The proxy gives up root and the
// right to run programs; the monitor keeps what two rare tasks need (docs/decisions/0010, 0011):
//   - reading a certificate file again that only root may read: one of the files of the command line, no other;
//   - starting the proxy's program anew, under the proxy's account, with descriptors that the running one hands over.
// It reads nothing from the network and ends with the last proxy that holds its channel.
#pragma once

#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "proxy/sockets.hpp"

namespace jhub::proxy {

struct MonitorPlan {
    std::vector<std::string> readable; // files that may be opened
    std::string program;               // full path
    std::vector<std::string> arguments;
    std::string user; // of a successor, when the monitor runs as root; empty: unchanged
};

class Monitor {
  public:
    // Forks it. No other thread may run yet. title: where the program's arguments lie, so that ps shows which is which.
    [[nodiscard]] static Result<Descriptor> launch(MonitorPlan const& plan, std::pair<char*, std::size_t> title);

    // Speaks to a monitor over the channel that launch() gave.
    explicit Monitor(Descriptor channel) : channel_(std::move(channel)) {}

    // -1 and errno. From any thread.
    [[nodiscard]] Descriptor open(std::string const& path);
    // Runs the program with the descriptors, whose numbers it finds in handover_variable. Returns its process id.
    [[nodiscard]] Result<int> start_successor(std::vector<int> const& descriptors);
    [[nodiscard]] int channel() const { return channel_.get(); }

  private:
    std::mutex mutex_;
    Descriptor channel_;
};

inline constexpr char const* handover_variable = "CONFIGPROXY_HANDOVER";

} // namespace jhub::proxy
