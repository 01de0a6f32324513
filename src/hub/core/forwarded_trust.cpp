#include "hub/core/forwarded_trust.hpp"

#include <sys/types.h>

#include <fstream>
#include <optional>

#include <fmt/format.h>

#include "auth/address_bytes.hpp"
#include "base/log.hpp"
#include "base/strings.hpp"
#include "spawn/listener.hpp"

namespace jhub::hub {
namespace {

constexpr std::size_t most_complaints = 8; // addresses
constexpr std::string_view forwarded_for = "X-Forwarded-For", real_ip = "X-Real-IP";

// The account that a process has now; the owner of its folder in /proc may be root for other reasons.
std::optional<uid_t> account_of(int process)
{
    std::ifstream status(fmt::format("/proc/{}/status", process));
    std::string word;
    while (status >> word)
        if (uid_t real = 0, effective = 0; word == "Uid:" && status >> real >> effective)
            return effective;
    return std::nullopt;
}

bool is_address(std::string_view text) { return !auth::address_bytes(text).empty(); }

} // namespace

ForwardedTrust::ForwardedTrust(Clock const& clock, std::string_view proxy_token,
                               std::vector<std::string> const& downstream)
    : clock_(clock)
{
    share(proxy_token);
    std::string list;
    for (auto const& text : downstream)
        if (Networks::parse(text))
            list.append(",").append(text);
        else
            log::warning("c.JupyterHub.trusted_downstream_ips: '{}' is no address and has no effect", printable(text));
    downstream_ = Networks::parse(list).value();
}

void ForwardedTrust::share(std::string_view proxy_token)
{
    seal_.reset();
    if (!proxy_token.empty())
        seal_.emplace(proxy_token);
    proxy_seals_ = false;
}

std::string ForwardedTrust::client_of(http::Request& request)
{
    bool const by_proxy = believed(request);
    request.headers.erase(http::ForwardedSeal::header_name);
    if (!by_proxy)
        return request.peer.address;
    if (request.headers.has(forwarded_for))
        return innermost_stranger(request);
    auto const real = trim(request.headers.get(real_ip).value_or(""));
    return is_address(real) ? std::string(real) : request.peer.address;
}

bool ForwardedTrust::believed(http::Request const& request)
{
    std::string_view problem;
    if (is_sealed(request, problem))
        return true;
    auto const& peer = request.peer;
    if (peer.address == "unix" || downstream_.contain(peer.address)) // the socket is open to the hub's account only
        return true;
    if (!request.headers.has(forwarded_for) && !request.headers.has(real_ip))
        return false;
    if (is_from_proxy_account(peer))
        return true;
    complain(peer.address, problem);
    return false;
}

bool ForwardedTrust::is_sealed(http::Request const& request, std::string_view& problem)
{
    auto const given = request.headers.get(http::ForwardedSeal::header_name);
    if (!given || !seal_)
        return false;
    http::ForwardedSeal::Words words;
    for (auto const& [name, value] : request.headers)
        words.add(name, value);
    switch (seal_->judge(*given, words, std::chrono::floor<std::chrono::seconds>(clock_.now()))) {
    case http::ForwardedSeal::Verdict::genuine:
        proxy_seals_ = true;
        return true;
    case http::ForwardedSeal::Verdict::out_of_time:
        problem = " Its seal is of another time: do the clocks of proxy and hub differ?";
        return false;
    case http::ForwardedSeal::Verdict::forged:
        problem = " Its seal is not of the token that this hub and its proxy share.";
        return false;
    }
    return false;
}

bool ForwardedTrust::is_from_proxy_account(http::Peer const& peer)
{
    int const process = proxy_process_ && !proxy_seals_ ? proxy_process_() : 0;
    if (process <= 0)
        return false;
    Seen& seen = seen_[peer.connection % seen_.size()];
    if (peer.connection == 0 || seen.connection != peer.connection) {
        auto const proxy = account_of(process);
        auto const account =
            spawn::connection_account({peer.address, peer.port}, {peer.local_address, peer.local_port});
        seen = {peer.connection, proxy && account == proxy};
    }
    return seen.of_proxy;
}

// From the right: each proxy has appended whom it saw. When all are our own, the first of them.
std::string ForwardedTrust::innermost_stranger(http::Request const& request) const
{
    std::string chain;
    for (auto const part : request.headers.all(forwarded_for))
        chain.append(chain.empty() ? "" : ",").append(part);
    std::string address;
    auto const hops = split(chain, ',');
    for (auto hop = hops.rbegin(); hop != hops.rend(); ++hop) {
        address = trim(*hop);
        if (!downstream_.contain(address))
            break;
    }
    return is_address(address) ? address : request.peer.address;
}

void ForwardedTrust::complain(std::string const& address, std::string_view problem)
{
    if (complained_of_.size() >= most_complaints || !complained_of_.insert(address).second)
        return;
    log::warning("A request from {0} says on whose behalf it comes (X-Forwarded-For), but {0} has not shown that it is "
                 "this hub's proxy: its own address counts for all that come that way, in logs and for failed "
                 "logins.{1} If it is a proxy of yours, add {0} to c.JupyterHub.trusted_downstream_ips.",
                 address, problem);
}

} // namespace jhub::hub
