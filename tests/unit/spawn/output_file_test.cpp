#include "spawn/output_file.hpp"

#include <sys/stat.h>

#include "privileged/support.hpp"

namespace jhub::spawn {
namespace {

using namespace jhub::test;

struct OutputFileTest : testing::Test {
    TemporaryDirectory directory;
    OutputFile file{directory.path + "/out"};
    void write(std::string const& text) const { std::ofstream(file.path(), std::ios::app) << text; }
};

TEST_F(OutputFileTest, shows_the_last_lines_without_colours_and_control_characters)
{
    write("one\ntwo\n\033[31mthree\033[0m\tx\r\nf\x01ur\n\n");
    EXPECT_EQ(file.tail(2), "three    x\nf\\x01ur");
    EXPECT_EQ(file.tail(100), "one\ntwo\nthree    x\nf\\x01ur");
    EXPECT_EQ(OutputFile(directory.path + "/none").tail(3), "");
}

TEST_F(OutputFileTest, past_the_limit_the_file_is_emptied_and_its_end_kept)
{
    write(std::string(OutputFile::limit, 'x') + "\nlast words\n");
    file.trim();
    EXPECT_EQ(std::filesystem::file_size(file.path()), 0u);
    EXPECT_EQ(file.tail(1), "last words");
    write("newer words\n");
    EXPECT_EQ(file.tail(2), "last words\nnewer words");
    file.forget();
    EXPECT_EQ(file.tail(2), "newer words");
}

TEST_F(OutputFileTest, below_the_limit_nothing_is_cut)
{
    write(std::string(OutputFile::limit, 'x'));
    file.trim();
    EXPECT_EQ(std::filesystem::file_size(file.path()), OutputFile::limit);
}

TEST_F(OutputFileTest, no_two_servers_share_a_file)
{
    std::set<std::string> paths;
    std::string const long_name(255, 'a');
    for (auto const& [user, server] : std::initializer_list<std::pair<std::string, std::string>>{{"a", ""},
                                                                                                 {"a", "b"},
                                                                                                 {"a+b", ""},
                                                                                                 {"a_b", ""},
                                                                                                 {"a", "b/../c"},
                                                                                                 {"..", ""},
                                                                                                 {long_name, "x"},
                                                                                                 {long_name, "y"}}) {
        auto const made = OutputFile::in_directory(directory.path, user, server);
        ASSERT_TRUE(made);
        std::string const path = (*made)->path();
        EXPECT_TRUE(paths.insert(path).second) << path;
        EXPECT_EQ(std::filesystem::path(path).parent_path(), directory.path) << path;
    }
}

TEST_F(OutputFileTest, the_directory_is_made_private_and_must_be_the_hubs_own)
{
    ASSERT_TRUE(OutputFile::in_directory(directory.path + "/logs", "ada", ""));
    struct stat facts{};
    stat((directory.path + "/logs").c_str(), &facts);
    EXPECT_EQ(facts.st_mode & 0777, 0700u);
    chmod((directory.path + "/logs").c_str(), 0777);
    EXPECT_FALSE(OutputFile::in_directory(directory.path + "/logs", "ada", ""));
    std::filesystem::create_directory_symlink("/tmp", directory.path + "/link");
    EXPECT_FALSE(OutputFile::in_directory(directory.path + "/link", "ada", ""));
}

} // namespace
} // namespace jhub::spawn
