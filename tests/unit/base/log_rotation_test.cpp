// The extra file of the log after a rotation.
#include "base/log.hpp"
#include "base/log_file.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace jhub::log {
namespace {

std::string contents(std::filesystem::path const& path)
{
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

TEST(LogRotation, the_extra_file_is_opened_anew_after_it_was_moved_away)
{
    std::string pattern = (std::filesystem::temp_directory_path() / "jhub-log-XXXXXX").string();
    std::filesystem::path const folder = mkdtemp(pattern.data());
    auto const file = folder / "hub.log";
    configure({.program = "test", .level = Level::critical, .extra_file = file});
    auto opened = open_guarded(file, extra_file_opening);
    ASSERT_TRUE(opened) << opened.error().message;
    copy_to(*std::move(opened));
    testing::internal::CaptureStderr();
    critical("one");
    std::filesystem::rename(file, folder / "hub.log.1");
    critical("two");
    reopen();
    critical("three");
    std::filesystem::remove(file);
    std::filesystem::create_directory(file); // cannot be opened: the old one goes on
    reopen();
    critical("four");
    testing::internal::GetCapturedStderr();
    EXPECT_THAT(contents(folder / "hub.log.1"), testing::AllOf(testing::HasSubstr("one"), testing::HasSubstr("two"),
                                                               testing::Not(testing::HasSubstr("three"))));
    std::filesystem::remove_all(folder);
}

} // namespace
} // namespace jhub::log
