// Units of work: group commit, isolation of failures, concurrency, limits.
#include <atomic>
#include <semaphore>
#include <stdexcept>
#include <thread>

#include <gmock/gmock.h>

#include "store/support.hpp"
#include "store/users.hpp"

namespace jhub::store {
namespace {

class Units : public StoreTest {
  protected:
    // Holds the writer until release() so that what is asked meanwhile lands in one group.
    struct Gate {
        std::binary_semaphore entered{0};
        std::binary_semaphore open{0};
    };
    static Task<> hold_writer(Store& store, Gate& gate)
    {
        auto const held = co_await store.write([&gate](Transaction&) {
            gate.entered.release();
            gate.open.acquire();
        });
        EXPECT_TRUE(held);
    }
    static Task<> add_user(Store& store, std::string name, std::vector<Result<std::int64_t>>& results)
    {
        results.push_back(co_await store.write(
            [name](Transaction& transaction) { return insert_user(transaction, {.name = name, .cookie_id = name}); }));
    }
    std::int64_t count()
    {
        return read([](Transaction& transaction) { return count_users(transaction); });
    }
};

TEST_F(Units, a_failing_one_does_not_harm_its_neighbours)
{
    Gate gate;
    std::vector<Result<std::int64_t>> results;
    asio::co_spawn(context, hold_writer(*store, gate), asio::detached);
    context.poll();
    gate.entered.acquire(); // now everything else waits for one and the same commit
    for (char const* name : {"ada", "ada", "bob"})
        asio::co_spawn(context, add_user(*store, name, results), asio::detached);
    context.poll();
    gate.open.release();
    context.run();

    ASSERT_EQ(results.size(), 3U);
    EXPECT_TRUE(results[0]);
    ASSERT_FALSE(results[1]);
    EXPECT_EQ(results[1].error().code, Errc::conflict);
    EXPECT_TRUE(results[2]);
    EXPECT_EQ(count(), 2);
}

TEST_F(Units, what_a_failing_one_wrote_is_undone)
{
    auto const refused = store->write_now([](Transaction& transaction) -> Result<int> {
        insert_user(transaction, {.name = "ada", .cookie_id = "a"});
        return fail(Errc::forbidden, "changed my mind");
    });
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::forbidden);
    EXPECT_EQ(refused.error().message, "changed my mind");

    auto const thrown = store->write_now([](Transaction& transaction) {
        insert_user(transaction, {.name = "bob", .cookie_id = "b"});
        throw std::runtime_error("with a secret");
    });
    ASSERT_FALSE(thrown);
    EXPECT_EQ(thrown.error().code, Errc::failed);
    EXPECT_EQ(thrown.error().message.find("secret"), std::string::npos);
    EXPECT_EQ(thrown.error().detail, "with a secret");
    EXPECT_EQ(count(), 0);
}

TEST_F(Units, waiting_ones_share_a_commit)
{
    constexpr int users = 200;
    Gate gate;
    std::vector<Result<std::int64_t>> results;
    asio::co_spawn(context, hold_writer(*store, gate), asio::detached);
    context.poll();
    gate.entered.acquire();
    for (int i = 0; i < users; ++i)
        asio::co_spawn(context, add_user(*store, "user" + std::to_string(i), results), asio::detached);
    context.poll();
    std::uint64_t const before = store->commits();
    gate.open.release();
    context.run();
    EXPECT_EQ(results.size(), users);
    EXPECT_EQ(count(), users);
    EXPECT_EQ(store->commits(), before + 2) << "one for the gate, one for everybody else";
}

TEST_F(Units, resume_on_the_logic_thread_and_are_visible_to_the_next_read)
{
    struct Steps {
        static Task<bool> go(Store& store, std::thread::id logic_thread)
        {
            auto const id = co_await store.write([logic_thread](Transaction& transaction) {
                EXPECT_NE(std::this_thread::get_id(), logic_thread);
                return insert_user(transaction, {.name = "ada", .cookie_id = "a"});
            });
            EXPECT_EQ(std::this_thread::get_id(), logic_thread);
            auto const found = co_await store.read(
                [id = id.value()](Transaction& transaction) { return find_user_by_id(transaction, id); });
            EXPECT_EQ(std::this_thread::get_id(), logic_thread);
            co_return found && found->has_value();
        }
    };
    EXPECT_TRUE(run(context, Steps::go(*store, std::this_thread::get_id())));
}

TEST_F(Units, reads_go_on_while_a_write_is_under_way)
{
    Gate gate;
    asio::co_spawn(context, hold_writer(*store, gate), asio::detached);
    context.poll();
    gate.entered.acquire();
    EXPECT_EQ(count(), 0); // would hang if readers waited for the writer
    gate.open.release();
    context.run();
}

TEST_F(Units, readers_see_whole_units_only)
{
    // Each write adds a pair of users; a reader that ever sees an odd number has seen half a unit.
    std::atomic<bool> stop = false;
    std::atomic<int> looks = 0;
    std::vector<std::jthread> readers;
    for (int i = 0; i < 2; ++i)
        readers.emplace_back([&] {
            while (!stop) {
                auto const seen = store->read_now(
                    [](Transaction& t) { return std::pair(count_users(t), count_users(t, {.name_filter = "user"})); });
                ASSERT_TRUE(seen) << seen.error().detail;
                EXPECT_EQ(seen->first % 2, 0);
                EXPECT_EQ(seen->first, seen->second) << "one read is one snapshot";
                ++looks;
            }
        });
    for (int i = 0; i < 100 || looks < 20; ++i)
        write([i](Transaction& t) {
            insert_user(t, {.name = "user" + std::to_string(2 * i), .cookie_id = std::to_string(2 * i)});
            return insert_user(t, {.name = "user" + std::to_string(2 * i + 1), .cookie_id = std::to_string(2 * i + 1)});
        });
    stop = true;
}

TEST_F(Units, a_read_cannot_write)
{
    EXPECT_FALSE(store->read_now([](Transaction& t) { return insert_user(t, {.name = "ada", .cookie_id = "a"}); }));
    EXPECT_EQ(count(), 0);
}

TEST_F(Units, a_full_queue_refuses_instead_of_growing)
{
    open({.queue_limit = 2});
    Gate gate;
    std::vector<Result<std::int64_t>> results;
    asio::co_spawn(context, hold_writer(*store, gate), asio::detached);
    context.poll();
    gate.entered.acquire();
    for (char const* name : {"ada", "bob", "eve"})
        asio::co_spawn(context, add_user(*store, name, results), asio::detached);
    context.poll();
    ASSERT_EQ(results.size(), 1U) << "the third is refused at once";
    ASSERT_FALSE(results[0]);
    EXPECT_EQ(results[0].error().code, Errc::unavailable);
    gate.open.release();
    context.run();
    EXPECT_EQ(count(), 2);
}

TEST_F(Units, queued_writes_are_finished_when_the_store_closes)
{
    Gate gate;
    std::vector<Result<std::int64_t>> results;
    asio::co_spawn(context, hold_writer(*store, gate), asio::detached);
    asio::co_spawn(context, add_user(*store, "ada", results), asio::detached);
    context.poll();
    gate.entered.acquire();
    gate.open.release();
    store.reset();
    context.run();
    ASSERT_EQ(results.size(), 1U);
    EXPECT_TRUE(results[0]);
    EXPECT_EQ(look("SELECT name FROM users"), "ada");
}

TEST_F(Units, the_data_version_tells_own_and_foreign_changes_at_once)
{
    auto const start = store->data_version();
    ASSERT_TRUE(start);
    read([](Transaction& t) { return count_users(t); });
    EXPECT_EQ(store->data_version(), start) << "reading changes nothing";
    write([](Transaction& t) { return insert_user(t, {.name = "ada", .cookie_id = "a"}); });
    auto const after_ours = store->data_version();
    EXPECT_NE(after_ours, start);
    EXPECT_EQ(store->data_version(), after_ours);
    look("UPDATE users SET name = 'eve'"); // another program
    EXPECT_NE(store->data_version(), after_ours);
}

TEST_F(Units, times_of_activity_leave_the_rights_version_as_it_is_and_nothing_else_does)
{
    write([](Transaction& t) { return insert_user(t, {.name = "ada", .cookie_id = "a"}); });
    int second = 0;
    auto const be_active = [&] {
        auto const touch = [time = Timestamp(std::chrono::seconds(++second))](Transaction& t) {
            touch_users(t, {{1, time}});
            return true;
        };
        EXPECT_TRUE(run(context, store->write_activity(touch)));
    };
    auto const start = store->rights_version();
    ASSERT_TRUE(start);
    auto const data = store->data_version();
    be_active();
    EXPECT_EQ(store->rights_version(), start);
    EXPECT_NE(store->data_version(), data);
    for (int i = 0; i < 5; ++i)
        be_active();
    EXPECT_EQ(store->rights_version(), start) << "several commits since the last look";

    be_active();
    look("UPDATE users SET name = 'eve'"); // another program, in the shadow of ours
    be_active();
    auto const after_theirs = store->rights_version();
    EXPECT_NE(after_theirs, start);
    be_active();
    EXPECT_EQ(store->rights_version(), after_theirs);
    write([](Transaction& t) { return insert_user(t, {.name = "bob", .cookie_id = "b"}); });
    be_active();
    EXPECT_NE(store->rights_version(), after_theirs);
}

TEST_F(Units, activity_that_is_no_news_does_not_hide_the_next_commit)
{
    write([](Transaction& t) { return insert_user(t, {.name = "ada", .cookie_id = "a"}); });
    auto const touch_nobody = [](Transaction& t) {
        touch_users(t, {{17, Timestamp(std::chrono::seconds(1))}});
        return true;
    };
    auto const start = store->rights_version();
    EXPECT_TRUE(run(context, store->write_activity(touch_nobody)));
    look("UPDATE users SET name = 'eve'"); // its number is the one that ours would have had
    EXPECT_NE(store->rights_version(), start);
}

TEST_F(Units, a_unit_that_failed_beside_activity_counts_as_a_change)
{
    write([](Transaction& t) { return insert_user(t, {.name = "ada", .cookie_id = "a"}); });
    auto const start = store->rights_version();
    auto const touch_and_fail = [](Transaction& t) -> Result<bool> {
        touch_users(t, {{1, Timestamp(std::chrono::seconds(1))}});
        return fail(Errc::not_found, "");
    };
    EXPECT_FALSE(run(context, store->write_activity(touch_and_fail)));
    look("UPDATE users SET name = 'eve'");
    EXPECT_NE(store->rights_version(), start);
}

TEST_F(Units, a_writing_program_beside_us_is_waited_for)
{
    sqlite3* other = nullptr;
    ASSERT_EQ(sqlite3_open(path.c_str(), &other), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE; INSERT INTO users (name, cookie_id) VALUES ('eve', 'e')", nullptr,
                           nullptr, nullptr),
              SQLITE_OK);
    std::vector<Result<std::int64_t>> results;
    asio::co_spawn(context, add_user(*store, "ada", results), asio::detached);
    context.poll();
    ASSERT_EQ(sqlite3_exec(other, "COMMIT", nullptr, nullptr, nullptr), SQLITE_OK);
    context.run();
    EXPECT_TRUE(results.at(0));
    sqlite3_close(other);
    EXPECT_EQ(count(), 2);
}

} // namespace
} // namespace jhub::store
