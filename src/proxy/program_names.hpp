// How a proxy and its successor call the descriptors that one gives the other, beside those of the listeners.
#pragma once

namespace jhub::proxy {

inline constexpr char const* routes_file_name = "routes file";
inline constexpr char const* routes_copy_name = "copy of the routes file";
inline constexpr char const* pid_file_name = "pid file";
inline constexpr char const* ready_name = "ready";
inline constexpr char const* monitor_name = "monitor";
inline constexpr char const* ticket_keys_suffix = ": ticket keys"; // behind the name of a listener
inline constexpr char const* predecessor_name = "predecessor";     // each tells when its connections were active

} // namespace jhub::proxy
