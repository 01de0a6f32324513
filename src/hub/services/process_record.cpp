#include "hub/services/process_record.hpp"

#include "base/json.hpp"
#include "store/own_tables.hpp"

namespace jhub::hub::services {
namespace {

constexpr std::string_view key_prefix = "service-process:";

std::string key_of(std::string_view service) { return std::string(key_prefix) + std::string(service); }

std::optional<privileged::ProcessId> read_process(std::string const& text)
{
    Json const json = Json::parse(text, nullptr, false);
    for (char const* const number : {"pid", "start_time", "uid"})
        if (!json.is_object() || !json.contains(number) || !json[number].is_number_integer())
            return std::nullopt;
    if (!json.contains("boot_id") || !json["boot_id"].is_string())
        return std::nullopt;
    return privileged::ProcessId{json["pid"], json["start_time"], json["boot_id"], json["uid"]};
}

} // namespace

void save_process_record(store::Transaction& transaction, std::string_view service,
                         privileged::ProcessId const& process)
{
    Json const record{
        {"pid", process.pid}, {"start_time", process.start_time}, {"boot_id", process.boot_id}, {"uid", process.uid}};
    store::save_setting(transaction, key_of(service), record.dump());
}

void forget_process_record(store::Transaction& transaction, std::string_view service)
{
    store::delete_setting(transaction, key_of(service));
}

std::vector<ProcessRecord> process_records(store::Transaction& transaction)
{
    std::vector<ProcessRecord> records;
    for (auto const& [key, value] : store::list_settings(transaction, key_prefix))
        if (auto process = read_process(value))
            records.push_back({key.substr(key_prefix.size()), *std::move(process)});
    return records;
}

} // namespace jhub::hub::services
