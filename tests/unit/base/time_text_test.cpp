#include "base/time_text.hpp"

#include <gtest/gtest.h>

namespace jhub {
namespace {

using namespace std::chrono_literals;

Timestamp const moment = std::chrono::sys_days(std::chrono::year(2026) / 1 / 2) + 3h + 4min + 5s + 678901us;

TEST(TimeText, the_api_leaves_out_a_zero_fraction)
{
    EXPECT_EQ(to_iso8601(moment), "2026-01-02T03:04:05.678901Z");
    EXPECT_EQ(to_iso8601(moment - 678901us), "2026-01-02T03:04:05Z");
}

TEST(TimeText, the_database_always_has_six_digits)
{
    EXPECT_EQ(to_database_time(moment), "2026-01-02 03:04:05.678901");
    EXPECT_EQ(to_database_time(moment - 678901us), "2026-01-02 03:04:05.000000");
    EXPECT_EQ(parse_time(to_database_time(moment)), moment);
}

TEST(TimeText, http_dates_name_the_weekday) { EXPECT_EQ(to_http_date(moment), "Fri, 02 Jan 2026 03:04:05 GMT"); }

TEST(TimeText, usual_forms_are_read)
{
    for (std::string_view const text :
         {"2026-01-02T03:04:05.678901Z", "2026-01-02 03:04:05.678901", "2026-01-02T04:04:05.678901+01:00",
          "20260102T030405.678901Z", "2026-01-01T22:34:05.678901-04:30", "2026-01-02T03:04:05.678901999Z"})
        EXPECT_EQ(parse_time(text), moment) << text;
    EXPECT_EQ(parse_time("2026-01-02"), std::chrono::sys_days(std::chrono::year(2026) / 1 / 2));
}

TEST(TimeText, dates_of_mail_and_http_are_read)
{
    auto const whole = std::chrono::floor<std::chrono::seconds>(moment);
    EXPECT_EQ(parse_time(to_http_date(moment)), whole);
    for (std::string_view const text :
         {"Fri, 2 Jan 2026 04:04:05 +0100", "02 Jan 2026 03:04:05", "2 jan 2026 03:04:05 UTC"})
        EXPECT_EQ(parse_time(text), whole) << text;
}

TEST(TimeText, nonsense_is_refused)
{
    for (std::string_view const text :
         {"", "yesterday", "2026-13-01", "2026-02-30", "2026-01-02T25:00:00", "2026-01-02T03:04:05.Z",
          "2026-01-02T03:04:05Zx", "2026-01-02T03:04:05+1", "-2026-01-02", "Fri 02 Jan 2026",
          "Fri, 30 Feb 2026 03:04:05 GMT", "02 Foo 2026 03:04:05 GMT", "02 Jan 26 03:04:05 GMT"})
        EXPECT_FALSE(parse_time(text)) << text;
}

} // namespace
} // namespace jhub
