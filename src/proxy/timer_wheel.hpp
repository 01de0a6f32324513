// Coarse deadlines: thousands of timers that nearly always are moved before they fire. Moving one later is a plain
// store; only one that is still linked where its slot comes round is looked at again. One thread.
#pragma once

#include <array>
#include <cstdint>

namespace jhub::proxy {

class TimerWheel {
  public:
    class Entry {
      public:
        Entry() = default;
        Entry(Entry const&) = delete;
        Entry& operator=(Entry const&) = delete;
        // Called at or up to one tick after the deadline; the entry is unlinked then.
        virtual void on_deadline() = 0;

      protected:
        ~Entry() { unlink(); }

      private:
        friend class TimerWheel;
        void unlink();
        Entry* previous_ = nullptr;
        Entry* next_ = nullptr;
        TimerWheel* wheel_ = nullptr; // while linked
        std::int64_t linked_tick_ = 0;
        std::int64_t due_ms_ = 0;
    };

    static constexpr std::int64_t tick_ms = 50;

    explicit TimerWheel(std::int64_t now_ms) : tick_(now_ms / tick_ms) {}

    void set(Entry& entry, std::int64_t due_ms);
    void clear(Entry& entry) { entry.unlink(); }
    // Fires everything due by now.
    void advance(std::int64_t now_ms);
    // Milliseconds until there may be something to do, -1 for never.
    [[nodiscard]] int wait_ms(std::int64_t now_ms) const;

  private:
    static constexpr std::int64_t slot_count = 2048; // a turn of 102 seconds; later deadlines go round again
    void link(Entry& entry, std::int64_t tick);

    std::array<Entry*, slot_count> slots_{};
    std::int64_t tick_;
    std::size_t linked_ = 0;
};

} // namespace jhub::proxy
