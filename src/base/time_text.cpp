#include "base/time_text.hpp"

#include <array>
#include <span>

#include <fmt/format.h>

#include "base/strings.hpp"

namespace jhub {
namespace {

constexpr std::array<std::string_view, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 3> names_of_utc{"Z", "GMT", "UTC"};

struct Parts {
    std::chrono::year_month_day date;
    std::chrono::hh_mm_ss<std::chrono::microseconds> time;
};

Parts parts(Timestamp time)
{
    auto const day = std::chrono::floor<std::chrono::days>(time);
    return {std::chrono::year_month_day(day), std::chrono::hh_mm_ss(time - day)};
}

std::string date_and_time(Parts const& p, char between)
{
    return fmt::format("{:04}-{:02}-{:02}{}{:02}:{:02}:{:02}", static_cast<int>(p.date.year()),
                       static_cast<unsigned>(p.date.month()), static_cast<unsigned>(p.date.day()), between,
                       p.time.hours().count(), p.time.minutes().count(), p.time.seconds().count());
}

// Reads fixed-width numbers and separators from the front of a text.
class Cursor {
  public:
    explicit Cursor(std::string_view text) : rest_(text) {}

    std::optional<int> digits(std::size_t count)
    {
        if (rest_.size() < count || rest_.find_first_not_of("0123456789") < count)
            return std::nullopt;
        auto const value = parse_number<int>(rest_.substr(0, count));
        rest_.remove_prefix(count);
        return value;
    }

    bool skip(char c)
    {
        if (!rest_.starts_with(c))
            return false;
        rest_.remove_prefix(1);
        return true;
    }

    // The position in `words` of the one that comes first.
    std::optional<int> word(std::span<std::string_view const> words)
    {
        for (std::size_t i = 0; i < words.size(); ++i)
            if (equals_ignoring_case(rest_.substr(0, words[i].size()), words[i])) {
                rest_.remove_prefix(words[i].size());
                return static_cast<int>(i);
            }
        return std::nullopt;
    }

    [[nodiscard]] bool at_end() const { return rest_.empty(); }

  private:
    std::string_view rest_;
};

std::optional<std::chrono::microseconds> parse_fraction(Cursor& cursor)
{
    std::chrono::microseconds fraction{0};
    int scale = 100000;
    int count = 0;
    for (; auto const digit = cursor.digits(1); ++count, scale /= 10)
        fraction += std::chrono::microseconds(*digit * scale);
    if (count == 0 || count > 9)
        return std::nullopt;
    return fraction;
}

std::optional<std::chrono::minutes> parse_offset(Cursor& cursor)
{
    cursor.skip(' ');
    if (cursor.at_end() || cursor.word(names_of_utc))
        return std::chrono::minutes(0);
    bool const ahead = cursor.skip('+');
    if (!ahead && !cursor.skip('-'))
        return std::nullopt;
    auto const hours = cursor.digits(2);
    cursor.skip(':');
    auto const minutes = cursor.at_end() ? std::optional(0) : cursor.digits(2);
    if (!hours || !minutes || *hours > 23 || *minutes > 59)
        return std::nullopt;
    return std::chrono::minutes((*hours * 60 + *minutes) * (ahead ? 1 : -1));
}

std::optional<Timestamp> to_date(int year, int month, int day)
{
    std::chrono::year_month_day const date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                           std::chrono::day(static_cast<unsigned>(day))};
    return date.ok() ? std::optional<Timestamp>(std::chrono::sys_days(date)) : std::nullopt;
}

// 2026-01-02 or 20260102
std::optional<Timestamp> parse_numeric_date(Cursor& cursor)
{
    auto const year = cursor.digits(4);
    bool const dashes = cursor.skip('-');
    auto const month = cursor.digits(2);
    if (dashes && !cursor.skip('-'))
        return std::nullopt;
    auto const day = cursor.digits(2);
    return year && month && day ? to_date(*year, *month, *day) : std::nullopt;
}

// Fri, 02 Jan 2026, with the day of the week or without
std::optional<Timestamp> parse_named_date(Cursor& cursor)
{
    if (cursor.word(days) && !(cursor.skip(',') && cursor.skip(' ')))
        return std::nullopt;
    auto day = cursor.digits(2);
    if (!day)
        day = cursor.digits(1);
    bool const first_blank = cursor.skip(' ');
    auto const month = cursor.word(months);
    bool const second_blank = cursor.skip(' ');
    auto const year = cursor.digits(4);
    return day && first_blank && month && second_blank && year ? to_date(*year, *month + 1, *day) : std::nullopt;
}

// 03:04, 03:04:05, 030405, with a fraction or without
std::optional<std::chrono::microseconds> parse_time_of_day(Cursor& cursor)
{
    auto const hour = cursor.digits(2);
    bool const colons = cursor.skip(':');
    auto const minute = cursor.digits(2);
    std::optional<int> second = 0;
    if (!colons || cursor.skip(':'))
        second = cursor.digits(2);
    if (!hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 59)
        return std::nullopt;
    std::optional<std::chrono::microseconds> fraction(0);
    if (cursor.skip('.') || cursor.skip(','))
        fraction = parse_fraction(cursor);
    if (!fraction)
        return std::nullopt;
    return std::chrono::hours(*hour) + std::chrono::minutes(*minute) + std::chrono::seconds(*second) + *fraction;
}

} // namespace

std::string to_iso8601(Timestamp time)
{
    auto const p = parts(time);
    auto const fraction = p.time.subseconds().count();
    return date_and_time(p, 'T') + (fraction == 0 ? "Z" : fmt::format(".{:06}Z", fraction));
}

std::string to_database_time(Timestamp time)
{
    auto const p = parts(time);
    return date_and_time(p, ' ') + fmt::format(".{:06}", p.time.subseconds().count());
}

std::string to_http_date(Timestamp time)
{
    auto const p = parts(time);
    std::chrono::weekday const weekday(std::chrono::floor<std::chrono::days>(time));
    return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", days.at(weekday.c_encoding()),
                       static_cast<unsigned>(p.date.day()), months.at(static_cast<unsigned>(p.date.month()) - 1),
                       static_cast<int>(p.date.year()), p.time.hours().count(), p.time.minutes().count(),
                       p.time.seconds().count());
}

std::optional<Timestamp> parse_time(std::string_view text)
{
    Cursor cursor(text);
    auto date = parse_numeric_date(cursor);
    if (!date) {
        cursor = Cursor(text);
        date = parse_named_date(cursor);
    }
    if (!date)
        return std::nullopt;
    if (cursor.at_end())
        return date;
    if (!cursor.skip('T') && !cursor.skip('t') && !cursor.skip(' '))
        return std::nullopt;
    auto const time = parse_time_of_day(cursor);
    auto const offset = parse_offset(cursor);
    if (!time || !offset || !cursor.at_end())
        return std::nullopt;
    return *date + *time - *offset;
}

} // namespace jhub
