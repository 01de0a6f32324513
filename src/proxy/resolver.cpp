#include "proxy/resolver.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <array>
#include <cstring>

#include <fmt/format.h>

#include "base/strings.hpp"

namespace jhub::proxy {
namespace {

Result<Addresses> ask(std::string const& host, std::uint16_t port, int flags)
{
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = flags | AI_NUMERICSERV;
    addrinfo* found = nullptr;
    if (int const error = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found); error != 0)
        return fail(Errc::unavailable, fmt::format("cannot resolve {}: {}", printable(host), gai_strerror(error)));
    Addresses result;
    for (addrinfo const* each = found; each != nullptr; each = each->ai_next) {
        Address address;
        std::memcpy(&address.storage, each->ai_addr, each->ai_addrlen);
        address.size = each->ai_addrlen;
        result.push_back(address);
    }
    freeaddrinfo(found);
    return result;
}

} // namespace

Addresses numeric_addresses(std::string const& host, std::uint16_t port)
{
    return ask(host, port, AI_NUMERICHOST).value_or(Addresses{});
}

Result<Addresses> look_up(std::string const& host, std::uint16_t port) { return ask(host, port, 0); }

Address unix_address(std::string const& path)
{
    Address address;
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    path.copy(name.sun_path, sizeof name.sun_path - 1);
    std::memcpy(&address.storage, &name, sizeof name);
    address.size = sizeof name;
    return address;
}

std::string address_text(sockaddr_storage const& address)
{
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (address.ss_family == AF_INET) {
        sockaddr_in v4{};
        std::memcpy(&v4, &address, sizeof v4);
        inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
    } else if (address.ss_family == AF_INET6) {
        sockaddr_in6 v6{};
        std::memcpy(&v6, &address, sizeof v6);
        if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr))
            inet_ntop(AF_INET, &v6.sin6_addr.s6_addr[12], text.data(), text.size());
        else
            inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
    }
    return text.data();
}

void Resolver::stop()
{
    {
        std::scoped_lock const lock(state_->mutex);
        state_->stopping = true;
        state_->jobs.clear();
    }
    state_->wake.notify_all();
    std::scoped_lock const last_answer(state_->answering);
}

void Resolver::resolve(std::string host, std::uint16_t port, Done done)
{
    std::unique_lock lock(state_->mutex);
    if (state_->stopping)
        return;
    if (state_->jobs.size() >= most_waiting) {
        lock.unlock(); // whoever hears of it may ask again at once
        return done(fail(Errc::too_many, "too many names wait to be resolved"));
    }
    state_->jobs.push_back({std::move(host), port, std::move(done)});
    if (state_->idle < state_->jobs.size() && state_->threads < most_threads) {
        ++state_->threads;
        std::thread([state = state_] { work(state); }).detach();
    }
    lock.unlock();
    state_->wake.notify_one();
}

void Resolver::work(std::shared_ptr<State> const& state)
{
    std::unique_lock lock(state->mutex);
    while (true) {
        ++state->idle;
        state->wake.wait(lock, [&] { return state->stopping || !state->jobs.empty(); });
        --state->idle;
        if (state->stopping)
            return;
        Job const job = std::move(state->jobs.front());
        state->jobs.pop_front();
        lock.unlock();
        auto found = look_up(job.host, job.port);
        {
            std::scoped_lock const answer(state->answering);
            if (state->stopping)
                return;
            job.done(std::move(found));
        }
        lock.lock();
    }
}

} // namespace jhub::proxy
