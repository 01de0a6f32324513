#include "proxy/timer_wheel.hpp"

#include <algorithm>

namespace jhub::proxy {

void TimerWheel::Entry::unlink()
{
    if (wheel_ == nullptr)
        return;
    if (next_ != nullptr)
        next_->previous_ = previous_;
    if (previous_ != nullptr)
        previous_->next_ = next_;
    else
        wheel_->slots_[static_cast<std::size_t>(linked_tick_ % slot_count)] = next_;
    --wheel_->linked_;
    wheel_ = nullptr;
    previous_ = next_ = nullptr;
}

void TimerWheel::link(Entry& entry, std::int64_t tick)
{
    entry.linked_tick_ = std::clamp(tick, tick_ + 1, tick_ + slot_count - 1);
    Entry*& head = slots_[static_cast<std::size_t>(entry.linked_tick_ % slot_count)];
    entry.next_ = head;
    if (head != nullptr)
        head->previous_ = &entry;
    head = &entry;
    entry.wheel_ = this;
    ++linked_;
}

void TimerWheel::set(Entry& entry, std::int64_t due_ms)
{
    entry.due_ms_ = due_ms;
    std::int64_t const tick = (due_ms + tick_ms - 1) / tick_ms;
    if (entry.wheel_ != nullptr) {
        if (tick >= entry.linked_tick_)
            return; // looked at again when its slot comes round
        entry.unlink();
    }
    link(entry, tick);
}

void TimerWheel::advance(std::int64_t now_ms)
{
    std::int64_t const now_tick = now_ms / tick_ms;
    // After a long sleep one turn visits every slot.
    tick_ = std::max(tick_, now_tick - slot_count);
    while (tick_ < now_tick) {
        ++tick_;
        Entry*& head = slots_[static_cast<std::size_t>(tick_ % slot_count)];
        // Whatever is linked anew goes to a later slot, so this ends.
        while (head != nullptr) {
            Entry& entry = *head;
            entry.unlink();
            if (entry.due_ms_ > now_ms)
                link(entry, (entry.due_ms_ + tick_ms - 1) / tick_ms);
            else
                entry.on_deadline();
        }
    }
}

int TimerWheel::wait_ms(std::int64_t now_ms) const
{
    if (linked_ == 0)
        return -1;
    return static_cast<int>(std::max<std::int64_t>(1, (tick_ + 1) * tick_ms - now_ms));
}

} // namespace jhub::proxy
