// The Python process of a configuration with functions or classes in it, while the hub runs: calls with deadlines.
//
// What the site wrote runs there, on one asyncio loop (decision 0014). The process is started again, and the file
// evaluated again, when it dies or when its loop does not answer any more after a call was late. Calls that had begun
// then fail; those that still waited behind them are asked again of the new process. Nothing here blocks the hub's
// logic thread, on which everything of this class happens.
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <string>

#include "base/async.hpp"
#include "base/json.hpp"
#include "python/host.hpp"

namespace jhub::python {

// Why a call has no result.
struct CallError {
    Errc code = Errc::failed;
    std::string message;   // for the person: the exception's own words, or what happened to the process
    std::string html;      // the same as HTML (jupyterhub_html_message); may be empty
    int status = 500;      // an HTTP error's own status
    bool intended = false; // the site's code meant it as an answer: an HTTP error, not a bug
};

using Answer = std::expected<Json, CallError>;

// For who may lose interest in a call: cancel() ends it, and those that follow, at once.
class Cancellation {
  public:
    void cancel()
    {
        cancelled_ = true;
        if (auto const end = std::exchange(end_call_, nullptr))
            end();
    }

  private:
    friend class LiveLink;
    bool cancelled_ = false;
    std::function<void()> end_call_; // of the call under way
};

// Who starts and ends the process where this one may not: of another account than ours. Calls block for as long as that
// takes.
struct Keeper {
    // An interpreter with that end of a socket pair as its channel, which evaluates and is configured by itself; its
    // process id. The socket stays the caller's. Ends the former one.
    std::function<Result<int>(int socket)> start;
    std::function<void()> end;
};

struct LiveOptions {
    std::string file;                                // to evaluate again
    Environment environment;                         // of the interpreter
    Json greeting;                                   // what configure.py is told at each start
    Limits limits;                                   // of an evaluation
    std::chrono::milliseconds ping_patience{5'000};  // after a late call; then the process counts as stuck
    Trust trust = Trust::if_only_root_can_change_it; // of what a process of root's runs
    std::optional<Keeper> keeper;                    // none: this process does it
};

// Tells a just evaluated interpreter the greeting; the answer says what the site's classes can do. Blocks: for the
// start of the hub. Errc::invalid_argument with the exception's words, Errc::timeout, Errc::failed.
[[nodiscard]] Result<Json> introduce(Child& interpreter, Json const& greeting, std::chrono::milliseconds patience);

class LiveLink;

class LiveHost {
  public:
    // interpreter has been introduced.
    LiveHost(asio::any_io_executor executor, LiveOptions options, Child interpreter);
    ~LiveHost(); // kills the process; calls under way fail
    LiveHost(LiveHost const&) = delete;
    LiveHost& operator=(LiveHost const&) = delete;

    // One of the calls of serve.py. Waits at most that long, also for a process that is just being started again.
    // Errors: the exception, Errc::timeout, Errc::unavailable when the process went away, Errc::too_many.
    // With a cancellation, which must outlive the call, also when that comes.
    [[nodiscard]] Task<Answer> call(std::string method, Json arguments, std::chrono::milliseconds patience,
                                    Cancellation* cancellation = nullptr);

    // The process's id, 0 while there is none. For tests.
    [[nodiscard]] int pid() const;

  private:
    std::shared_ptr<LiveLink> link_;
};

} // namespace jhub::python
