#include "store/commit_watch.hpp"

namespace jhub::store {
namespace {

constexpr std::size_t commit_count = 2; // place in the head: grows by one with each commit

} // namespace

CommitWatch::CommitWatch(std::unique_ptr<Session> session) : session_(std::move(session))
{
    (void)session_->number("PRAGMA busy_timeout = 0");
    (void)session_->number("SELECT count(*) FROM sqlite_master"); // opens the log
    index_ = session_->log_index();
}

// Written by other threads and programs at any time; a mixture of two states differs from both and is seen as a change.
CommitWatch::Head CommitWatch::read_head() const
{
    Head head;
    for (std::size_t i = 0; i < head.size(); ++i)
        head.at(i) = __atomic_load_n(index_ + i, __ATOMIC_ACQUIRE);
    return head;
}

bool CommitWatch::only_activity(std::uint32_t from, std::uint32_t to) const
{
    std::uint32_t const commits = to - from;
    if (commits == 0 || commits >= remembered_commits)
        return false;
    for (std::uint32_t number = from + 1; number != to + 1; ++number)
        if (activity_.at(number % remembered_commits) != number)
            return false;
    return true;
}

std::optional<CommitWatch::Versions> CommitWatch::look()
{
    if (index_ == nullptr) {
        try {
            auto const version = session_->number("PRAGMA data_version");
            return Versions{version, version};
        } catch (DatabaseError const&) {
            return std::nullopt;
        }
    }
    Head const head = read_head();
    std::uint32_t const doubts = doubts_;
    if (head == seen_ && doubts == doubts_seen_)
        return versions_;
    ++versions_.data;
    if (doubts != doubts_seen_ || !only_activity(seen_.at(commit_count), head.at(commit_count)))
        ++versions_.rights;
    seen_ = head;
    doubts_seen_ = doubts;
    return versions_;
}

void CommitWatch::announce_activity()
{
    if (index_ == nullptr)
        return;
    std::uint32_t const next = __atomic_load_n(index_ + commit_count, __ATOMIC_ACQUIRE) + 1;
    announced_ = next;
    activity_.at(next % remembered_commits) = next;
}

void CommitWatch::withdraw()
{
    activity_.at(announced_ % remembered_commits) = 0;
    ++doubts_; // what was seen between the failure and this counts for nothing
}

} // namespace jhub::store
