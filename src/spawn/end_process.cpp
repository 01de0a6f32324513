#include "spawn/end_process.hpp"

#include <fmt/format.h>

namespace jhub::spawn {

Async<> end_process(privileged::Helper& helper, privileged::ProcessHandle process, std::span<EndStep const> steps)
{
    Result<bool> sent = true;
    for (EndStep const& step : steps) {
        if (!process->running())
            break;
        sent = co_await helper.signal(process->id(), step.signal);
        // Not there any more: its exit is on the way. Without a helper there is no use in waiting for this step.
        if (sent && co_await process->wait_exit(step.patience))
            break;
    }
    if (!process->running())
        co_return Result<>{};
    if (!sent)
        co_return std::unexpected(sent.error());
    co_return fail(Errc::failed, fmt::format("Process {} is still there after SIGKILL.", process->id().pid));
}

} // namespace jhub::spawn
