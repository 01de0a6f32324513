// A spawner that does as it is told. The script outlives the hub under test, as processes do.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "hub/core/launcher.hpp"
#include "spawn/spawner.hpp"

namespace jhub::hub {

enum class Scripted {
    ready,         // a process whose address answers
    never_started, // start() does not return until it is stopped
    never_ready,   // a process whose address refuses connections
    fails,         // start() is an error
    exits_at_once, // a process that ends with status 1 before it answers
};

enum class Stopping {
    at_once,
    slow,    // until release_stops()
    survives // an error; the process goes on
};

struct ScriptedProcess {
    int pid = 0;
    std::string label; // "ada", "ada:lab"
    std::optional<int> status;
    std::function<void(std::optional<int>)> on_exit;
};

class SpawnerScript {
  public:
    SpawnerScript();
    ~SpawnerScript();
    SpawnerScript(SpawnerScript const&) = delete;
    SpawnerScript& operator=(SpawnerScript const&) = delete;

    // How the next start goes; without a word it is ready. Several are used up in order.
    void next_start(Scripted how) { plans_.push_back(how); }
    void forget_plans() { plans_.clear(); }
    Stopping stopping = Stopping::at_once;
    void release_stops() { stops_released_->set(); }
    void hold_stops() { stops_released_ = std::make_shared<Event>(); } // from here on slow ones wait again
    std::function<void()> before_process;                              // called in each start before the hub is told
    std::uint16_t ready_port = 0;                                      // where started servers answer

    [[nodiscard]] std::size_t starts() const { return requests.size(); }
    [[nodiscard]] std::size_t stops() const { return stops_; }
    std::vector<spawn::StartRequest> requests;
    std::vector<std::string> stop_modes; // "gentle", "now"
    // A variable of the last start of that server.
    [[nodiscard]] std::string variable(std::string const& user, std::string const& name) const;

    // The process ends by itself; told: on_exit is called, else only poll() finds out.
    void exit(std::string const& label, int status, bool told = true);
    [[nodiscard]] bool running(std::string const& label) const;
    [[nodiscard]] std::vector<std::string> running() const; // labels, sorted; one for each process

    [[nodiscard]] SpawnerFactory factory();

  private:
    friend class ScriptedSpawner;
    Scripted take_plan();
    std::shared_ptr<ScriptedProcess> make_process(std::string label);

    std::deque<Scripted> plans_;
    std::map<int, std::shared_ptr<ScriptedProcess>> processes_;
    std::shared_ptr<Event> stops_released_ = std::make_shared<Event>();
    std::size_t stops_ = 0;
    int next_pid_ = 1001;
    int closed_socket_ = -1;
    std::uint16_t closed_port_ = 0; // bound by us, so that nobody answers there
};

} // namespace jhub::hub
