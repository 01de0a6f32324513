// Who changed what, or was not allowed to. Entries come from the dispatcher, for all requests alike, and from what the
// hub does by itself (idle culling). The latest are kept in memory for administrators; with c.JupyterHub.audit_log_file
// all of them go to that file as lines of JSON. Never a token, a password or the content of a cookie. Logic thread.
#pragma once

#include <deque>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/json.hpp"
#include "hub/core/line_file.hpp"

namespace jhub::hub {

struct AuditEntry {
    std::string actor;             // name of the user or service; empty for strangers
    std::string actor_kind;        // "user", "service", "anonymous", "hub"
    std::string token;             // id of the API token that was used, "a12"; empty without one
    std::string address;           // of the client; empty for the hub itself
    std::string action;            // "DELETE /api/users/{user}/server", "cull server"
    Json target = Json::object();  // "user", "server", "group", …: names
    Json details = Json::object(); // what was asked for, as far as it is no secret
    int status = 0;                // of the answer; 0 for the hub itself
    std::string outcome;           // "done", "refused", "failed"
};

class AuditLog {
  public:
    static constexpr std::size_t kept = 1000;

    // file: "" for none. clock must outlive it.
    AuditLog(Clock const& clock, std::string const& file);

    void record(AuditEntry const& entry);
    // The latest, newest first, at most so many.
    [[nodiscard]] Json latest(std::size_t count) const;

  private:
    Clock const& clock_;
    std::optional<LineFile> file_;
    std::deque<std::string> lines_; // as text: an order of magnitude smaller
};

} // namespace jhub::hub
