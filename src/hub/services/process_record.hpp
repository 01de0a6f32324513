// Which process a managed service has, kept between hubs in this implementation's own settings table. Functions of a
// Transaction: to be called inside a unit of the store.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "privileged/types.hpp"
#include "store/transaction.hpp"

namespace jhub::hub::services {

struct ProcessRecord {
    std::string service;
    privileged::ProcessId process;
};

void save_process_record(store::Transaction& transaction, std::string_view service,
                         privileged::ProcessId const& process);
void forget_process_record(store::Transaction& transaction, std::string_view service);
// Those that can be read; others are of no use to anybody.
[[nodiscard]] std::vector<ProcessRecord> process_records(store::Transaction& transaction);

} // namespace jhub::hub::services
