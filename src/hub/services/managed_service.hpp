// One service that the hub runs (a `command` in c.JupyterHub.services): start, wait until it answers, start again when
// it ends, stop (reference services.md §1). Its process goes through the helper, as people's servers do. Logic thread.
#pragma once

#include <chrono>
#include <string>

#include "base/async.hpp"
#include "config/settings.hpp"
#include "hub/core/hub.hpp"
#include "hub/services/restart_pause.hpp"
#include "privileged/helper.hpp"

namespace jhub::hub::services {

class ManagedService {
  public:
    // All must outlive it; it must outlive its coroutines, which end when the hub stops.
    ManagedService(Hub& hub, privileged::Helper& helper, config::ServiceSpec const& spec);
    ManagedService(ManagedService const&) = delete;
    ManagedService& operator=(ManagedService const&) = delete;

    // The first start: a new token (unless one is configured), the process, and with a url the wait until it answers.
    // The error is for the operator. After an error stop() must be called all the same.
    Async<> start();
    // Starts it again whenever it ends, until the hub stops.
    Task<> keep_running();
    // Asks, then insists; to be called once hub.stopping is set.
    Task<> stop();

    [[nodiscard]] std::string const& name() const { return spec_.name; }

  private:
    Async<> make_token();
    Async<> start_process();
    Async<privileged::StartCommand> command() const;
    Async<> let_run(privileged::ProcessHandle process);
    Async<> wait_until_it_answers();
    void set_process(privileged::ProcessHandle process);

    Hub& hub_;
    privileged::Helper& helper_;
    config::ServiceSpec const& spec_;
    std::string token_;
    privileged::ProcessHandle process_;
    std::chrono::steady_clock::time_point started_;
    RestartPause pause_;
    bool kept_running_ = false;
    Event no_longer_kept_;
};

// Ends what a former hub, which was killed, left running; so that there are never two of one service.
Task<> end_leftovers(Hub& hub, privileged::Helper& helper);

} // namespace jhub::hub::services
