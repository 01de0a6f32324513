#include "base/clock.hpp"

namespace jhub {
namespace {

class SystemClock final : public Clock {
  public:
    [[nodiscard]] Timestamp now() const override
    {
        return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
    }
};

} // namespace

Clock const& system_clock()
{
    static SystemClock const clock;
    return clock;
}

} // namespace jhub
