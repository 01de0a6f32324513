// pidfd_open and pidfd_send_signal. The C library's header (2.36) forgets to say that they are C functions.
#pragma once

extern "C" {
#include <sys/pidfd.h>
}
