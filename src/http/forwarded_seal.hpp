// What a proxy says about a client (X-Forwarded-For and its kin), sealed for the hub with a key that both derive from
// the token they share. Everybody can send those headers to the hub's port; only the proxy can seal them.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "http/head_parser.hpp"

namespace jhub::http {

// Headers by which a proxy speaks of its client.
[[nodiscard]] bool is_forwarded_header(KnownHeader known);

class ForwardedSeal {
  public:
    static constexpr std::string_view header_name = "x-jupyterhub-forwarded";
    // The clocks of proxy and hub may differ by so much. A seal is seen by those two only.
    static constexpr std::chrono::minutes lifetime{5};

    explicit ForwardedSeal(std::string_view shared_token);

    // What is sealed: each header that speaks of the client, as it is sent, in its order.
    class Words {
      public:
        void add(std::string_view name, std::string_view value);
        [[nodiscard]] std::string const& text() const { return text_; }

      private:
        std::string text_;
    };
    // The value of the header.
    [[nodiscard]] std::string make(Words const& words, std::chrono::sys_seconds now) const;

    enum class Verdict : std::uint8_t { genuine, forged, out_of_time };
    [[nodiscard]] Verdict judge(std::string_view seal, Words const& words, std::chrono::sys_seconds now) const;

  private:
    [[nodiscard]] std::string mac(std::string_view time, Words const& words) const;

    std::string key_;
};

} // namespace jhub::http
