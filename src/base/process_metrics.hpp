// What this process uses, under the names that every Prometheus client library gives it (process_…). From any thread.
#pragma once

#include <vector>

#include <prometheus/metric_family.h>

namespace jhub {

// Read from /proc; what cannot be read is left out.
[[nodiscard]] std::vector<prometheus::MetricFamily> process_metrics();

} // namespace jhub
