// The bytes between hub and helper: what one writes the other reads, and nothing else is accepted.
#include "privileged/messages.hpp"

#include <gtest/gtest.h>

#include <random>

namespace jhub::privileged::wire {
namespace {

std::string bytes_of(Message message) { return encode({7, std::move(message)}).value(); }

std::vector<Message> one_of_each()
{
    ProcessId const id{4711, 123456789012345, "af95450a-87eb-43b5-8ed8-6aef421cc2d8", 1000};
    return {
        Prepare{.user = "ada", .argv = {"a", "", "c"}, .env = {{"A", "b=c"}, {"D", ""}}, .working_directory = "/x"},
        Release{12},
        Watch{id, "ada"},
        Signal{id, 15},
        Authenticate{.service = "login", .user = "ada", .password = "pässword", .otp = "1", .timeout_ms = 30000},
        LookUp{"ada"},
        MakeAccount{"ada"},
        Watched{id},
        Done{false},
        Failed{Errc::not_found, "no", "detail"},
        Exited{12, true, -9},
        Account{.name = "ada", .uid = 1, .gid = 2, .home = "/h", .shell = "/s", .group_ids = {1, 2}, .groups = {"g"}},
        PamAnswer{PamOutcome::denied, "ada", "wrong password"}};
}

TEST(Messages, every_kind_survives_the_way)
{
    std::size_t kind = 0;
    for (Message const& message : one_of_each()) {
        EXPECT_EQ(message.index(), kind++) << "a kind of message is missing in this test";
        auto const back = decode(bytes_of(message));
        ASSERT_TRUE(back);
        EXPECT_EQ(back->request, 7u);
        EXPECT_EQ(back->message.index(), message.index());
        EXPECT_EQ(bytes_of(back->message), bytes_of(message));
    }
    EXPECT_EQ(kind, std::variant_size_v<Message>);
}

TEST(Messages, keeps_negative_numbers_and_lists_with_empty_texts)
{
    auto const exited = std::get<Exited>(decode(bytes_of(Exited{12, true, -9}))->message);
    EXPECT_EQ(exited.status, -9);
    auto const prepare = std::get<Prepare>(decode(bytes_of(one_of_each().front()))->message);
    EXPECT_EQ(prepare.argv, (std::vector<std::string>{"a", "", "c"}));
    EXPECT_EQ(prepare.env[1], (std::pair<std::string, std::string>{"D", ""}));
}

TEST(Messages, refuses_a_packet_cut_off_anywhere_or_with_something_behind)
{
    for (Message const& message : one_of_each()) {
        std::string const whole = bytes_of(message);
        for (std::size_t size = 0; size < whole.size(); ++size)
            EXPECT_FALSE(decode(std::string_view(whole).substr(0, size))) << message.index() << " at " << size;
        EXPECT_FALSE(decode(whole + '\0'));
    }
}

TEST(Messages, refuses_what_no_hub_writes)
{
    std::string const release = bytes_of(Release{12});
    std::string version = release;
    version[0] = 1;
    std::string kind = release;
    kind[1] = static_cast<char>(std::variant_size_v<Message>);
    std::string boolean = bytes_of(Done{true});
    boolean.back() = 2;
    std::string outcome = bytes_of(PamAnswer{});
    outcome[6] = 4;
    std::string nul = bytes_of(LookUp{"ada"});
    nul[nul.size() - 2] = '\0';
    std::string long_text = bytes_of(LookUp{"ada"});
    long_text[9] = '\x7f'; // a length of 2 GB
    std::string long_list = bytes_of(Prepare{});
    long_list[13] = '\x7f';
    for (std::string const& bytes : {version, kind, boolean, outcome, nul, long_text, long_list})
        EXPECT_FALSE(decode(bytes));
    EXPECT_TRUE(decode(release)) << "the examples above must be wrong in one thing only";
}

TEST(Messages, refuses_more_than_64_KiB_on_both_ends)
{
    auto const large = encode({1, LookUp{std::string(max_message, 'x')}});
    ASSERT_FALSE(large);
    EXPECT_EQ(large.error().code, Errc::too_large);
    EXPECT_FALSE(decode(std::string(max_message + 1, '\1')));
}

TEST(Messages, random_bytes_are_refused_or_mean_what_they_say)
{
    std::mt19937 random(20260101); // NOLINT: the same bytes each run
    std::vector<std::string> seeds;
    for (Message const& message : one_of_each())
        seeds.push_back(bytes_of(message));
    for (int round = 0; round < 1'000'000; ++round) {
        std::string bytes = seeds[random() % seeds.size()];
        for (unsigned change = 0; change <= random() % 4; ++change)
            bytes[random() % bytes.size()] = static_cast<char>(random());
        if (auto const packet = decode(bytes)) // then it is exactly what encode() makes of it
            EXPECT_EQ(encode(*packet).value(), bytes);
    }
}

TEST(Messages, wiping_erases_short_and_long_secrets)
{
    std::string secret = "correct horse battery staple";
    char const* const memory = secret.data();
    wipe(secret);
    EXPECT_TRUE(secret.empty());
    EXPECT_EQ(std::string(memory, 5), std::string(5, '\0'));
}

} // namespace
} // namespace jhub::privileged::wire
