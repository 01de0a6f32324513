// The little that a service manager of systemd's kind needs to know: which process is the service now (sd_notify(3)).
#pragma once

namespace jhub::proxy {

// Whether the service manager regards that process as the service's main one (SYSTEMD_EXEC_PID, systemd.exec(5)).
[[nodiscard]] bool is_main_process(int pid);
// Says that the service goes on as this process. Without a service manager nothing happens.
void tell_main_process(int pid);

inline constexpr char const* main_process_variable = "SYSTEMD_EXEC_PID";

} // namespace jhub::proxy
