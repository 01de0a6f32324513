// Slows down guessing of passwords: a token bucket per address and per account, taken from by failed logins only.
// Nobody is locked out of an account by the guesses of others: whoever comes from elsewhere has a try of their own.
// Shared by the login form and credentials in the API. One thread; the clock is the caller's.
#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace jhub::auth {

struct LoginLimits {
    double per_address_burst = 30;  // failures at once …
    double per_address_minute = 10; // … and then this many a minute
    double per_account_burst = 20;
    double per_account_minute = 5;
    double per_newcomer_minute = 1.0 / 60; // an address that did not fail for the account lately has one try anyway
    std::size_t remembered = 20'000;       // of each kind; the longest unused is forgotten first
};

class LoginLimiter {
  public:
    using Time = std::chrono::steady_clock::time_point;
    explicit LoginLimiter(LoginLimits limits) : limits_(limits) {}

    // Nothing: go on. Otherwise how long to wait (for Retry-After), and the password must not even be looked at.
    [[nodiscard]] std::optional<std::chrono::seconds> must_wait(std::string_view address, std::string_view account,
                                                                Time now) const;
    void failed(std::string_view address, std::string_view account, Time now);
    // A good login clears the account's count, not the address's: many may sit behind one.
    void succeeded(std::string_view account);

    [[nodiscard]] std::size_t remembered() const { return addresses_.size() + accounts_.size() + newcomers_.size(); }

  private:
    struct Bucket {
        std::string key;
        double tokens = 0;
        Time updated;
    };
    class Buckets {
      public:
        Buckets(double burst, double per_minute, std::size_t limit);
        [[nodiscard]] std::optional<std::chrono::seconds> wait_for(std::string_view key, Time now) const;
        void take(std::string_view key, Time now);
        void forget(std::string_view key);
        [[nodiscard]] std::size_t size() const { return order_.size(); }

      private:
        [[nodiscard]] double filled(Bucket const& bucket, Time now) const;
        double burst_, per_second_;
        std::size_t limit_;
        std::list<Bucket> order_;                                                  // least recently failed first
        std::unordered_map<std::string_view, std::list<Bucket>::iterator> by_key_; // views into order_
    };

    LoginLimits limits_;
    Buckets addresses_{limits_.per_address_burst, limits_.per_address_minute, limits_.remembered};
    Buckets accounts_{limits_.per_account_burst, limits_.per_account_minute, limits_.remembered};
    Buckets newcomers_{1, limits_.per_newcomer_minute, limits_.remembered}; // by address and account
};

} // namespace jhub::auth
