// Tells the logic thread, with every request, whether anything was committed since it last looked, by whichever
// program. The head of the write-ahead log's index counts all commits (sqlite.org/walformat.html, section 2.1) in
// memory that every connection shares: looking there takes nanoseconds and no lock. Where there is no such log, the
// library is asked.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>

#include "store/session.hpp"

namespace jhub::store {

class CommitWatch {
  public:
    // A connection of its own, used by the logic thread alone. Throws DatabaseError.
    explicit CommitWatch(std::unique_ptr<Session> session);

    // ---- logic thread ----

    struct Versions {
        std::int64_t data = 0;   // another after every commit
        std::int64_t rights = 0; // stays the same when all that was committed is times of activity
    };
    // Nothing while that cannot be told. Never waits.
    [[nodiscard]] std::optional<Versions> look();

    // ---- the writer's thread, which holds the write lock ----

    // The commit that follows has rows to write, and they hold nothing new but times of activity.
    void announce_activity();
    // The commit that was announced failed.
    void withdraw();

  private:
    static constexpr std::size_t remembered_commits = 1024; // many more than happen between two requests
    using Head = std::array<std::uint32_t, 12>;

    [[nodiscard]] Head read_head() const;
    [[nodiscard]] bool only_activity(std::uint32_t from, std::uint32_t to) const;

    std::unique_ptr<Session> session_;
    std::uint32_t* index_ = nullptr; // null: no write-ahead log
    Head seen_{};
    std::uint32_t doubts_seen_ = 0;
    Versions versions_;
    std::atomic<std::uint32_t> announced_ = 0; // the last number that was announced
    std::atomic<std::uint32_t> doubts_ = 0;
    std::array<std::atomic<std::uint32_t>, remembered_commits> activity_{}; // numbers of commits, each in its place
};

} // namespace jhub::store
