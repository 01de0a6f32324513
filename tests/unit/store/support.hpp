// A store on a real SQLite file in a temporary folder, and a way to run coroutines to their end.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "base/async.hpp"
#include "base/time_text.hpp"
#include "store/look.hpp"
#include "store/store.hpp"

namespace jhub::store {

class TemporaryFolder {
  public:
    TemporaryFolder()
    {
        std::string pattern = (std::filesystem::temp_directory_path() / "jhub-store-XXXXXX").string();
        path_ = ::mkdtemp(pattern.data());
    }
    ~TemporaryFolder() { std::filesystem::remove_all(path_); }
    TemporaryFolder(TemporaryFolder const&) = delete;
    TemporaryFolder& operator=(TemporaryFolder const&) = delete;
    [[nodiscard]] std::string file(std::string const& name) const { return path_ / name; }

  private:
    std::filesystem::path path_;
};

template <typename T> Task<> keep_result(Task<T> task, std::optional<T>& result)
{
    result.emplace(co_await std::move(task));
}

// Runs the coroutine and everything it waits for.
template <typename T> T run(asio::io_context& context, Task<T> task)
{
    std::optional<T> result;
    asio::co_spawn(context, keep_result(std::move(task), result), asio::detached);
    context.restart();
    context.run();
    return std::move(result).value();
}

inline Timestamp at(std::string_view text) { return parse_time(text).value(); }

class StoreTest : public testing::Test {
  protected:
    void SetUp() override { open(); }

    void open(StoreOptions options = {})
    {
        store.reset();
        options.db_url = "sqlite:///" + path;
        Result<std::unique_ptr<Store>> opened = Store::open(context.get_executor(), options);
        ASSERT_TRUE(opened) << opened.error().message << " " << opened.error().detail;
        store = *std::move(opened);
    }

    // Runs fn(Transaction&) as a write and returns its value; the test fails when the store refuses.
    template <typename Function> auto write(Function function)
    {
        auto result = store->write_now(std::move(function));
        if (!result)
            ADD_FAILURE() << result.error().message << " " << result.error().detail;
        return std::move(result).value();
    }
    template <typename Function> auto read(Function function)
    {
        auto result = store->read_now(std::move(function));
        if (!result)
            ADD_FAILURE() << result.error().message << " " << result.error().detail;
        return std::move(result).value();
    }
    std::string look(std::string const& sql) const { return store::look(path, sql); }

    TemporaryFolder folder;
    std::string path = folder.file("jupyterhub.sqlite");
    asio::io_context context;
    std::unique_ptr<Store> store;
};

} // namespace jhub::store
