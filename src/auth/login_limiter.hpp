// Slows down guessing of passwords: token buckets that failed tries take from. One for each address; one for each
// account, which all addresses share that are new to it; and one for each address from which somebody has logged into
// the account before, so that strangers cannot lock its owner out there. Shared by the login form and credentials in
// the API. One thread; the clock is the caller's.
#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace jhub::auth {

// Whether addresses that are new to an account share its bucket. Apart: nobody can lock anybody out, and whoever has
// many addresses has as many times the tries; for secrets that cannot be guessed.
enum class NewAddresses { together, apart };

struct LoginLimits {
    double per_address_burst = 30;  // failures at once …
    double per_address_minute = 10; // … and then this many a minute
    double per_account_burst = 20;  // of all new addresses together, and of each that is known
    double per_account_minute = 5;
    NewAddresses new_addresses = NewAddresses::together;
    std::size_t remembered = 20'000; // of each kind; the longest unused is forgotten first
};

class LoginLimiter {
  public:
    using Time = std::chrono::steady_clock::time_point;
    explicit LoginLimiter(LoginLimits limits) : limits_(limits) {}

    // Nothing: go on. Otherwise how long to wait (for Retry-After), and the password must not even be looked at.
    [[nodiscard]] std::optional<std::chrono::seconds> must_wait(std::string_view address, std::string_view account,
                                                                Time now) const;
    void failed(std::string_view address, std::string_view account, Time now);
    // The address is known to the account from now on. Does not clear the address's own count: many may sit behind one.
    void succeeded(std::string_view address, std::string_view account);

    // A try whose outcome is open counts for its account like a failed one, until this is destroyed: many at once are
    // no way around the limit.
    class UnderWay {
      public:
        UnderWay(LoginLimiter& limiter, std::string_view address, std::string_view account);
        ~UnderWay();
        UnderWay(UnderWay const&) = delete;
        UnderWay& operator=(UnderWay const&) = delete;

      private:
        LoginLimiter& limiter_;
        std::string key_;
    };
    [[nodiscard]] std::size_t remembered() const { return addresses_.size() + accounts_.size() + known_.size(); }

  private:
    struct Bucket {
        std::string key;
        double tokens = 0;
        Time updated;
    };
    // In the order of their last use.
    class Buckets {
      public:
        Buckets(double burst, double per_minute, std::size_t limit);
        // taken: tokens that are spoken for already.
        [[nodiscard]] std::optional<std::chrono::seconds> wait_for(std::string_view key, std::size_t taken,
                                                                   Time now) const;
        void take(std::string_view key, Time now);
        void fill(std::string_view key);
        [[nodiscard]] bool contain(std::string_view key) const { return by_key_.contains(key); }
        [[nodiscard]] std::size_t size() const { return order_.size(); }

      private:
        [[nodiscard]] double filled(Bucket const& bucket, Time now) const;
        void put(Bucket bucket);
        void forget(std::string_view key);
        double burst_, per_second_;
        std::size_t limit_;
        std::list<Bucket> order_;                                                  // longest unused first
        std::unordered_map<std::string_view, std::list<Bucket>::iterator> by_key_; // views into order_
    };

    // Which bucket a try at an account takes from.
    struct Place {
        bool known = false;
        std::string key;
    };
    [[nodiscard]] Place place(std::string_view address, std::string_view account) const;

    LoginLimits limits_;
    Buckets addresses_{limits_.per_address_burst, limits_.per_address_minute, limits_.remembered};
    Buckets accounts_{limits_.per_account_burst, limits_.per_account_minute, limits_.remembered};
    Buckets known_{limits_.per_account_burst, limits_.per_account_minute, limits_.remembered}; // address and account
    std::unordered_map<std::string, std::size_t> under_way_;                                   // by the place's key
};

} // namespace jhub::auth
