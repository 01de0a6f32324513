// What the log does after its extra file was moved away (logrotate).
#pragma once

namespace jhub::log {

// Opens the extra file anew, where there is one. One that cannot be opened is reported, and the old one goes on.
void reopen();

} // namespace jhub::log
