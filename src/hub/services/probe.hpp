// Does a service answer? (reference services.md §1, "health")
#pragma once

#include <string>

#include "base/async.hpp"
#include "hub/core/hub.hpp"

namespace jhub::hub::services {

// One GET of the service's prefix at the address of its url, for at most a second; any status below 500 will do. The
// error says what came instead. Logic thread.
Async<> probe(Hub& hub, std::string name, std::string url);

// Probes all services with a url, also those added over the REST API, every service_check_interval until the hub
// stops; who does not answer is in the log.
Task<> check_services_forever(Hub& hub);
// Once, as at the start for those that the hub does not run itself.
Task<> check_external_services(Hub& hub);

} // namespace jhub::hub::services
