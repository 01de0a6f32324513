// What the proxy tells the hub of a client, and who else can say it.
#include "http/forwarded_seal.hpp"

#include <gtest/gtest.h>

namespace jhub::http {
namespace {

using namespace std::chrono_literals;
using Verdict = ForwardedSeal::Verdict;

class Seal : public testing::Test {
  protected:
    static ForwardedSeal::Words words(std::vector<std::pair<std::string_view, std::string_view>> const& headers)
    {
        ForwardedSeal::Words result;
        for (auto const& [name, value] : headers)
            result.add(name, value);
        return result;
    }
    ForwardedSeal const seal{"the shared token"};
    std::chrono::sys_seconds const now{1'800'000'000s};
    ForwardedSeal::Words const said =
        words({{"x-forwarded-for", "1.2.3.4"}, {"x-forwarded-proto", "https"}, {"x-forwarded-host", "hub.test"}});
};

TEST_F(Seal, is_known_by_those_who_share_the_token)
{
    EXPECT_EQ(seal.judge(seal.make(said, now), said, now), Verdict::genuine);
    EXPECT_EQ(ForwardedSeal("another token").judge(seal.make(said, now), said, now), Verdict::forged);
}

TEST_F(Seal, does_not_depend_on_how_names_are_written_nor_on_other_headers)
{
    auto const same = words({{"Cookie", "a=b"},
                             {"X-Forwarded-For", " 1.2.3.4"},
                             {"X-FORWARDED-PROTO", "https"},
                             {"X-Forwarded-Host", "hub.test\t"},
                             {"Accept", "*/*"}});
    EXPECT_EQ(seal.judge(seal.make(said, now), same, now), Verdict::genuine);
}

TEST_F(Seal, breaks_when_anything_is_added_changed_left_out_or_moved)
{
    auto const made = seal.make(said, now);
    std::vector<std::pair<std::string_view, std::string_view>> const headers{
        {"x-forwarded-for", "1.2.3.4"}, {"x-forwarded-proto", "https"}, {"x-forwarded-host", "hub.test"}};
    auto const verdict = [&](auto change) {
        auto changed = headers;
        change(changed);
        return seal.judge(made, words(changed), now);
    };
    EXPECT_EQ(verdict([](auto&) {}), Verdict::genuine);
    EXPECT_EQ(verdict([](auto& all) { all[0].second = "6.6.6.6"; }), Verdict::forged);
    EXPECT_EQ(verdict([](auto& all) { all.pop_back(); }), Verdict::forged);
    EXPECT_EQ(verdict([](auto& all) { std::swap(all[0], all[1]); }), Verdict::forged);
    for (auto const* name : {"X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Scheme", "X-Forwarded-Port"})
        EXPECT_EQ(verdict([&](auto& all) { all.emplace_back(name, "6.6.6.6"); }), Verdict::forged) << name;
}

TEST_F(Seal, holds_for_five_minutes_either_way)
{
    auto const made = seal.make(said, now);
    EXPECT_EQ(seal.judge(made, said, now + 5min), Verdict::genuine);
    EXPECT_EQ(seal.judge(made, said, now - 5min), Verdict::genuine);
    EXPECT_EQ(seal.judge(made, said, now + 5min + 1s), Verdict::out_of_time);
    EXPECT_EQ(seal.judge(made, said, now - 5min - 1s), Verdict::out_of_time);
    auto const later = std::to_string((now + 1h).time_since_epoch().count()) + made.substr(made.find('.'));
    EXPECT_EQ(seal.judge(later, said, now + 1h), Verdict::forged) << "the time is sealed, too";
}

TEST_F(Seal, is_no_seal_when_it_is_cut_or_nonsense)
{
    auto const made = seal.make(said, now);
    for (std::string const& text :
         {std::string(), std::string("."), std::string("1800000000"), std::string("1800000000."), made + "x",
          made.substr(0, made.size() - 1), "x" + made, std::string("99999999999999999999.x"), std::string("-1.x")})
        EXPECT_EQ(seal.judge(text, said, now), Verdict::forged) << text;
}

} // namespace
} // namespace jhub::http
