#include "hub/core/audit_log.hpp"

#include "base/time_text.hpp"

namespace jhub::hub {
namespace {

std::string line_of(AuditEntry const& entry, Timestamp now)
{
    Json line{{"timestamp", to_iso8601(now)}, {"actor", entry.actor},     {"actor_kind", entry.actor_kind},
              {"action", entry.action},       {"outcome", entry.outcome}, {"target", entry.target}};
    if (!entry.token.empty())
        line["token"] = entry.token;
    if (!entry.address.empty())
        line["address"] = entry.address;
    if (entry.status != 0)
        line["status"] = entry.status;
    if (!entry.details.empty())
        line["details"] = entry.details;
    return line.dump(-1, ' ', false, Json::error_handler_t::replace);
}

} // namespace

AuditLog::AuditLog(Clock const& clock, std::string const& file) : clock_(clock)
{
    if (!file.empty())
        file_.emplace(file);
}

void AuditLog::record(AuditEntry const& entry)
{
    auto line = line_of(entry, clock_.now());
    if (file_)
        file_->append(line);
    lines_.push_back(std::move(line));
    if (lines_.size() > kept)
        lines_.pop_front();
}

Json AuditLog::latest(std::size_t count) const
{
    Json entries = Json::array();
    for (auto line = lines_.rbegin(); line != lines_.rend() && entries.size() < count; ++line)
        entries.push_back(Json::parse(*line));
    return entries;
}

} // namespace jhub::hub
