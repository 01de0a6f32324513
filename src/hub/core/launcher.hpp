// Starts, stops and adopts servers: carries out what the state machine (server_state.hpp) decides, under deadlines,
// and rolls back on any failure. A start belongs to the launcher, not to the request that asked for it: a browser that
// gives up does not leave a half-started server behind. Facts: reference spawner.md §2, §3, §9, §11. Logic thread.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/async.hpp"
#include "config/spawner_settings.hpp"
#include "hub/core/live_server.hpp"
#include "model/user.hpp"
#include "python/live_host.hpp"
#include "store/own_tables.hpp"
#include "store/spawners.hpp"
#include "store/stop_intentions.hpp"

namespace jhub::hub {

class Hub;

// Makes the spawner of one server; the callback stores the process between fork and exec.
using SpawnerFactory = std::function<std::unique_ptr<spawn::Spawner>(
    LiveServer const& server, config::SpawnerSettings const& settings, spawn::OnProcess on_process)>;

enum class WhenBusy {
    refuse, // API clients get 429 and try again
    queue,  // a person in front of a page waits for a turn
};

struct StartOrder {
    model::User user;
    std::string server_name;
    std::optional<Json> user_options; // nothing: those of the last start
    WhenBusy when_busy = WhenBusy::refuse;
};

class Launcher {
  public:
    Launcher(Hub& hub, SpawnerFactory make_spawner);

    // Begins a start and returns at once; wait_until_settled() tells its end. Errc::invalid_state when it runs or a
    // start or stop is under way, Errc::conflict when somebody is taking it away (departure.hpp), Errc::too_many over a
    // limit, Errc::invalid_argument for an impossible name. A user or server that is gone by the time the start gets
    // there ends it: its failure is then of status 404.
    Result<std::shared_ptr<LiveServer>> start(StartOrder order);

    // Begins a stop; cancels a start. Does nothing to a server that is stopped or stopping. The server is settled when
    // route, process, rows and tokens are gone, and not before: what does not work is tried again until the hub ends.
    void stop(std::shared_ptr<LiveServer> server);

    // Stores that the server was to be stopped (and removed), so that the next hub goes on with it. To be awaited
    // before anybody is told of a stop that has not ended yet.
    Async<> promise_stop(std::shared_ptr<LiveServer> server, store::StopIntention::Then then);

    // After a restart: takes over a server that the database says is running, or ends it for the reason given. Returns
    // when that is settled.
    Task<> adopt(store::RunningSpawner row, std::optional<store::ProcessRow> process,
                 std::optional<std::string> reason_to_stop);

    // Asks whether the process still lives; a dead one is cleaned up. True: it runs.
    Async<bool> poll(std::shared_ptr<LiveServer> server);

    // Polls all ready servers every poll_interval until the hub ends.
    Task<> poll_forever();

    // Starts that wait for their turn.
    [[nodiscard]] std::size_t waiting_starts() const { return waiting_starts_.size(); }
    // Those, and the ones under way.
    [[nodiscard]] std::size_t pending_starts() const;

  private:
    struct Preparation;

    Result<> admit(StartOrder const& order) const;
    Result<ServerAction> advance(LiveServer& server, ServerEvent event);
    Task<> run_start(std::shared_ptr<LiveServer> server, StartOrder order);
    Async<> carry_out_start(std::shared_ptr<LiveServer> server, StartOrder order);
    Async<> take_turn(std::shared_ptr<LiveServer> server);
    void end_turn();
    Async<Preparation> prepare(std::shared_ptr<LiveServer> server, StartOrder const& order);
    Async<> write_rows(std::shared_ptr<LiveServer> server, StartOrder const& order, Preparation& preparation);
    Async<> settle_options(std::shared_ptr<LiveServer> server, Preparation& preparation);
    Async<> ask_hooks(std::shared_ptr<LiveServer> server, Preparation& preparation);
    Async<> fill_request(std::shared_ptr<LiveServer> server, Preparation& preparation);
    Async<Json> state_of(std::shared_ptr<LiveServer> server);
    Task<> follow_progress(std::shared_ptr<LiveServer> server, Json question);
    static std::unexpected<Error> refuse(LiveServer& server, python::CallError const& error);
    Async<> start_process(std::shared_ptr<LiveServer> server, Preparation preparation);
    Async<> wait_until_it_answers(std::shared_ptr<LiveServer> server, std::chrono::seconds patience);
    Task<> roll_back(std::shared_ptr<LiveServer> server, Error error);
    // Spawner.consecutive_failure_limit: too many failed starts in a row end the hub, so that a service manager, or
    // whoever it tells, looks at the machine.
    void count_outcome(LiveServer const& server);
    enum class StopCause { asked_for, ended_by_itself };
    Task<> run_stop(std::shared_ptr<LiveServer> server, StopCause cause, std::string reason);
    Async<> clean_up(std::shared_ptr<LiveServer> server, spawn::StopMode mode);
    Async<> take_away(std::shared_ptr<LiveServer> server, spawn::StopMode mode);
    Async<> take_steps(std::shared_ptr<LiveServer> server, spawn::StopMode mode);
    Async<> add_route(std::shared_ptr<LiveServer> server);
    Async<> remove_route(std::shared_ptr<LiveServer> server);
    Async<> record_stop(std::shared_ptr<LiveServer> server);
    Async<> verify(std::shared_ptr<LiveServer> server);
    void watch_exit(std::shared_ptr<LiveServer> const& server);
    Task<> tell_hooks_of_stop(std::shared_ptr<LiveServer> server);
    void settle(std::shared_ptr<LiveServer> const& server);
    spawn::OnProcess process_saver(std::shared_ptr<LiveServer> const& server);

    Hub& hub_;
    SpawnerFactory make_spawner_;
    std::size_t running_starts_ = 0;
    std::int64_t failures_in_a_row_ = 0;
    std::deque<std::shared_ptr<Event>> waiting_starts_;
};

// The server's route, as the proxy and check_routes agree on it.
[[nodiscard]] Json route_data(LiveServer const& server);

} // namespace jhub::hub
