// What the configuration file has a say in while the hub runs: hooks and classes that stay in Python. Without any,
// nothing here asks anybody. The order of the questions around a start: reference spawner.md §3, §13. Logic thread.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/async.hpp"
#include "base/json.hpp"
#include "config/settings.hpp"
#include "model/user.hpp"
#include "python/live_host.hpp"

namespace jhub::hub {

class Hub;

class PythonSide {
  public:
    // host is nullptr when nothing stays in Python; it must outlive this. abilities is what introduce() answered.
    PythonSide(config::PythonParts const& parts, python::LiveHost* host, Json abilities);

    // Something of that option stays in Python: "Spawner.environment".
    [[nodiscard]] bool has(std::string_view option) const { return host_ != nullptr && parts_.has(option); }
    // A start asks Python before it runs the process; a stop tells it afterwards.
    [[nodiscard]] bool prepares_starts() const { return prepares_starts_; }
    [[nodiscard]] bool follows_stops() const { return follows_stops_; }
    // The spawner's class is Python's and does this by itself: "progress", "get_state".
    [[nodiscard]] bool spawner_does(std::string_view what) const;
    [[nodiscard]] bool has_spawner_class() const { return host_ != nullptr && parts_.spawner.has_value(); }

    // One call of the Python process; patience is the deadline.
    [[nodiscard]] Task<python::Answer> call(std::string method, Json arguments, std::chrono::milliseconds patience,
                                            python::Cancellation* cancellation = nullptr) const;

  private:
    config::PythonParts const& parts_;
    python::LiveHost* host_;
    Json abilities_;
    bool prepares_starts_ = false, follows_stops_ = false;
};

// For questions that belong to a request: longer than any person waits.
inline constexpr std::chrono::seconds page_patience{30};
// For what follows a stop.
inline constexpr std::chrono::seconds stop_patience{60};

// The person as Python sees them: {id, name, admin, groups, url, auth_state}. Reads the database.
Async<Json> describe_user(Hub& hub, model::User user);
// {"user": …, "name": …}: whose spawner a question is about.
Async<Json> describe_spawner(Hub& hub, model::User user, std::string server_name);

// The nearest error of ours; an HTTP error's own status is in CallError only.
[[nodiscard]] Error to_error(python::CallError const& error);

// A live option's name in the Python process ("at"); the whole option, or an entry of a dictionary.
[[nodiscard]] std::string live_name(Hub const& hub, std::string_view class_name, std::string_view option);

} // namespace jhub::hub
