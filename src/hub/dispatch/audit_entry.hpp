// What an answered request leaves in the audit log, if anything. Called by the dispatcher for every request.
#pragma once

#include <optional>

#include "hub/core/audit_log.hpp"
#include "hub/dispatch/request_context.hpp"

namespace jhub::hub {

// Nothing for what only reads, unless it was refused (403) to somebody who is known.
[[nodiscard]] std::optional<AuditEntry> audit_entry(RequestContext const& context, http::Response const& response);

} // namespace jhub::hub
