// kill -9 in the middle of writing: every unit that was acknowledged is in the database afterwards.
#include <csignal>
#include <set>

#include <sys/wait.h>
#include <unistd.h>

#include "store/support.hpp"
#include "store/users.hpp"

namespace jhub::store {
namespace {

Task<> write_and_report(Store& store, int number, int pipe)
{
    auto const written = co_await store.write([number](Transaction& transaction) {
        return insert_user(transaction, {.name = "user" + std::to_string(number), .cookie_id = std::to_string(number)});
    });
    if (written && ::write(pipe, &number, sizeof number) != sizeof number)
        ::_exit(1);
}

// The child: writes until it is killed, sixteen units at a time, and reports each one that is acknowledged.
[[noreturn]] void write_forever(std::string const& path, int pipe)
{
    asio::io_context context;
    auto store = Store::open(context.get_executor(), {.db_url = path});
    if (!store)
        ::_exit(1);
    for (int number = 0;;) {
        for (int i = 0; i < 16; ++i)
            asio::co_spawn(context, write_and_report(**store, number++, pipe), asio::detached);
        context.restart();
        context.run();
    }
}

TEST(Durability, acknowledged_units_survive_kill_9)
{
    TemporaryFolder const folder;
    std::string const path = folder.file("jupyterhub.sqlite");
    std::set<std::string> acknowledged;
    for (int round = 0; round < 3; ++round) {
        std::filesystem::remove(path);
        acknowledged.clear();
        int pipe[2];
        ASSERT_EQ(::pipe(pipe), 0);
        pid_t const child = ::fork();
        if (child == 0) {
            ::close(pipe[0]);
            write_forever(path, pipe[1]);
        }
        ::close(pipe[1]);
        int number = 0;
        while (acknowledged.size() < 200 && ::read(pipe[0], &number, sizeof number) == sizeof number)
            acknowledged.insert("user" + std::to_string(number));
        ::kill(child, SIGKILL);
        while (::read(pipe[0], &number, sizeof number) == sizeof number) // acknowledged before it died
            acknowledged.insert("user" + std::to_string(number));
        ::close(pipe[0]);
        ::waitpid(child, nullptr, 0);
        ASSERT_GE(acknowledged.size(), 200U);

        asio::io_context context;
        auto store = Store::open(context.get_executor(), {.db_url = path, .create = false});
        ASSERT_TRUE(store) << store.error().message;
        auto const users = (*store)->read_now([](Transaction& transaction) { return list_users(transaction, {}); });
        ASSERT_TRUE(users);
        std::set<std::string> found;
        for (model::User const& user : *users)
            found.insert(user.name);
        EXPECT_TRUE(std::ranges::includes(found, acknowledged)) << "round " << round;
    }
}

} // namespace
} // namespace jhub::store
