#include "jinja/time_value.hpp"

#include <array>
#include <ctime>

#include "base/strings.hpp"
#include "base/time_text.hpp"
#include "jinja/failure.hpp"

namespace jhub::jinja {
namespace {

using namespace std::chrono;

class Time final : public Object {
  public:
    explicit Time(Timestamp time) : time_(time) {}
    [[nodiscard]] Value attribute(std::string_view name) const override;
    [[nodiscard]] std::string text() const override { return python_text(' '); }

  private:
    // Python's isoformat(): no zone, no fraction when it is zero.
    [[nodiscard]] std::string python_text(char separator) const
    {
        std::string text = to_iso8601(time_);
        text.pop_back(); // "Z"
        text[10] = separator;
        return text;
    }
    [[nodiscard]] std::string strftime(std::string const& format) const;

    Timestamp time_;
};

std::string Time::strftime(std::string const& format) const
{
    std::time_t const seconds = system_clock::to_time_t(floor<std::chrono::seconds>(time_));
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    auto const fraction = (time_ - floor<std::chrono::seconds>(time_)).count();
    std::string const with_fraction = replace_all(format, "%f", fmt::format("{:06}", fraction));
    std::array<char, 512> buffer{};
    std::size_t const size = std::strftime(buffer.data(), buffer.size(), with_fraction.c_str(), &parts);
    if (size == 0 && !format.empty())
        give_up("strftime: the result is too long");
    return {buffer.data(), size};
}

Value Time::attribute(std::string_view name) const
{
    auto const day = floor<days>(time_);
    year_month_day const date(day);
    hh_mm_ss const clock(time_ - day);
    std::array<std::pair<std::string_view, std::int64_t>, 7> const numbers{{
        {"year", static_cast<int>(date.year())},
        {"month", static_cast<unsigned>(date.month())},
        {"day", static_cast<unsigned>(date.day())},
        {"hour", clock.hours().count()},
        {"minute", clock.minutes().count()},
        {"second", clock.seconds().count()},
        {"microsecond", clock.subseconds().count()},
    }};
    for (auto const& [known, number] : numbers)
        if (known == name)
            return number;
    if (name == "isoformat")
        return Value::function([text = python_text('T')](Arguments const&) -> Result<Value> { return text; });
    if (name == "timestamp")
        return Value::function([time = time_](Arguments const&) -> Result<Value> {
            return static_cast<double>(time.time_since_epoch().count()) / 1e6;
        });
    if (name == "strftime")
        return Value::function([time = time_](Arguments const& arguments) -> Result<Value> {
            Value const* format = arguments.get(0, "format");
            if (!format || !format->is_text())
                return fail(Errc::failed, "strftime() needs a format");
            return Time(time).strftime(format->text());
        });
    return {};
}

} // namespace

Value time_value(Timestamp time) { return std::make_shared<Time>(time); }

Value time_value(std::optional<Timestamp> time) { return time ? time_value(*time) : Value(nullptr); }

} // namespace jhub::jinja
