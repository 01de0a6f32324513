#include "proxy/upstream.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "proxy/sockets.hpp"

namespace jhub::proxy {
namespace {

constexpr std::size_t most_idle_of_a_route = 512;
constexpr std::int64_t longest_idle_ms = 15'000;
constexpr std::int64_t sweep_every_ms = 5'000;
constexpr std::int64_t addresses_good_for_ms = 10'000;

} // namespace

// --- idle connections

void RouteSlot::on_channel(Channel& channel)
{
    if (!channel.may_read() && !channel.peer_finished())
        return; // only the send buffer drained
    auto const found = std::ranges::find(idle_, &channel, [](Idle const& idle) { return idle.channel.get(); });
    if (found == idle_.end())
        return;
    pool_.loop_.retire(std::move(found->channel));
    idle_.erase(found);
    pool_.forget_if_unused(*this);
}

void SlotUse::release()
{
    if (slot_ == nullptr)
        return;
    RouteSlot& slot = *std::exchange(slot_, nullptr);
    --slot.users_;
    slot.pool_.forget_if_unused(slot);
}

UpstreamPool::~UpstreamPool()
{
    for (auto& [route, slot] : slots_)
        for (auto& idle : slot->idle_)
            loop_.retire(std::move(idle.channel));
}

SlotUse UpstreamPool::use(RoutePointer const& route)
{
    auto& slot = slots_[route.get()];
    if (slot == nullptr)
        slot = std::make_unique<RouteSlot>(*this, route);
    return SlotUse(*slot);
}

void UpstreamPool::forget_if_unused(RouteSlot& slot)
{
    if (slot.users_ == 0 && slot.idle_.empty() && !sweeping_)
        slots_.erase(slot.route_.get());
}

std::unique_ptr<Channel> UpstreamPool::take(RouteSlot& slot, Check check)
{
    while (!slot.idle_.empty()) {
        auto channel = std::move(slot.idle_.back().channel); // the one used last is the least likely to have ended
        slot.idle_.pop_back();
        channel->set_owner(nullptr);
        char byte = 0;
        if (check == Check::trust_events ||
            (recv(channel->descriptor(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN))
            return channel;
        loop_.retire(std::move(channel));
    }
    return nullptr;
}

void UpstreamPool::give(RouteSlot& slot, std::unique_ptr<Channel> channel)
{
    if (channel->may_read()) { // what would come now belongs to nobody
        std::array<char, 1> byte{};
        if (channel->read(byte).status != Channel::Status::again) {
            loop_.retire(std::move(channel));
            return;
        }
    }
    if (slot.idle_.size() >= most_idle_of_a_route) {
        loop_.retire(std::move(channel));
        return;
    }
    channel->set_owner(&slot);
    slot.idle_.push_back({std::move(channel), loop_.now_ms()});
    if (slot.idle_.size() == 1)
        loop_.timers().set(*this, loop_.now_ms() + sweep_every_ms);
}

bool UpstreamPool::make_room()
{
    sweeping_ = true;
    bool any = false;
    for (auto& [route, slot] : slots_) {
        any = any || !slot->idle_.empty();
        for (auto& idle : slot->idle_)
            loop_.retire(std::move(idle.channel));
        slot->idle_.clear();
    }
    std::erase_if(slots_, [](auto const& entry) { return entry.second->users_ == 0; });
    sweeping_ = false;
    return any;
}

void UpstreamPool::on_deadline()
{
    sweeping_ = true;
    std::int64_t const limit = loop_.now_ms() - longest_idle_ms;
    bool any = false;
    for (auto& [route, slot] : slots_) {
        for (auto& idle : slot->idle_)
            if (idle.since_ms <= limit)
                loop_.retire(std::move(idle.channel));
        std::erase_if(slot->idle_, [](RouteSlot::Idle const& idle) { return idle.channel == nullptr; });
        any = any || !slot->idle_.empty();
    }
    std::erase_if(slots_, [](auto const& entry) { return entry.second->users_ == 0 && entry.second->idle_.empty(); });
    sweeping_ = false;
    if (any)
        loop_.timers().set(*this, loop_.now_ms() + sweep_every_ms);
}

std::size_t UpstreamPool::idle_count() const
{
    std::size_t count = 0;
    for (auto const& [route, slot] : slots_)
        count += slot->idle_.size();
    return count;
}

// --- new connections

Connector::~Connector()
{
    *alive_ = false;
    if (channel_ != nullptr) {
        channel_->set_owner(nullptr);
        pool_.loop().retire(std::move(channel_));
    }
}

void Connector::start()
{
    Target const& target = slot_.route().target;
    bool const known = !slot_.addresses_.empty() && pool_.loop().now_ms() < slot_.addresses_until_ms_;
    if (!known) {
        slot_.addresses_until_ms_ = INT64_MAX;
        if (target.is_unix())
            slot_.addresses_ = {unix_address(std::string(target.unix_path()))};
        else
            slot_.addresses_ = numeric_addresses(std::string(target.host()), target.port());
    }
    if (!slot_.addresses_.empty()) {
        try_next();
        return;
    }
    auto answered = [this, alive = alive_, &loop = pool_.loop()](Result<Addresses> result) {
        loop.post([this, alive, result = std::move(result)] {
            if (!*alive || done_)
                return;
            if (!result) {
                fail(result.error().message);
                return;
            }
            slot_.addresses_ = *result;
            slot_.addresses_until_ms_ = pool_.loop().now_ms() + addresses_good_for_ms;
            try_next();
        });
    };
    pool_.resolver().resolve(std::string(target.host()), target.port(), std::move(answered));
}

void Connector::try_next()
{
    if (channel_ != nullptr) {
        channel_->set_owner(nullptr);
        pool_.loop().retire(std::move(channel_));
    }
    while (next_ < slot_.addresses_.size()) {
        Address const address = slot_.addresses_[next_++];
        if (try_address(address) || tries_again_with_room())
            return;
        last_problem_ = std::strerror(errno);
    }
    fail(last_problem_);
}

// Out of descriptors, of which idle connections have some. Leaves errno as it is.
bool Connector::tries_again_with_room()
{
    int const problem = errno;
    bool const worth_it = (problem == EMFILE || problem == ENFILE) && !std::exchange(made_room_, true);
    bool const retrying = worth_it && pool_.make_room();
    if (retrying) {
        --next_;
        pool_.loop().post([this, alive = alive_] {
            if (*alive && !done_)
                try_next();
        });
    }
    errno = problem;
    return retrying;
}

// False with errno set when it failed at once.
bool Connector::try_address(Address const& address)
{
    int const descriptor = socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0)
        return false;
    set_stream_options(descriptor, address.storage, pool_.keep_alive_seconds());
    TlsSession tls;
    Target const& target = slot_.route().target;
    if (target.tls())
        tls = connect_session(*pool_.tls(), descriptor, std::string(target.host()));
    auto channel = std::make_unique<Channel>(descriptor, std::move(tls));
    if (connect(descriptor, reinterpret_cast<sockaddr const*>(&address.storage), address.size) != 0 &&
        errno != EINPROGRESS) // NOLINT
        return false;
    channel_ = std::move(channel);
    channel_->set_owner(this);
    return pool_.loop().watch(descriptor, *channel_);
}

void Connector::on_channel(Channel& channel)
{
    if (done_)
        return;
    if (!channel.connected() || channel.peer_finished()) {
        if (int const error = channel.connect_error(); error != 0) {
            last_problem_ = std::strerror(error);
            try_next();
            return;
        }
        if (!channel.connected())
            return;
    }
    switch (channel.shake_hands()) {
    case Channel::Status::ok:
        succeed();
        return;
    case Channel::Status::again:
        return;
    default:
        fail("TLS: " + channel.problem());
    }
}

void Connector::succeed()
{
    done_ = true;
    channel_->set_owner(nullptr);
    waiter_.on_connected(std::move(channel_));
}

void Connector::fail(std::string const& why)
{
    done_ = true;
    waiter_.on_connect_failed(why);
}

} // namespace jhub::proxy
