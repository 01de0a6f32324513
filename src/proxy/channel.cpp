#include "proxy/channel.hpp"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <openssl/err.h>

namespace jhub::proxy {
namespace {

// What the kernel took, or a negative number and errno.
ssize_t send_parts(int descriptor, std::initializer_list<std::string_view> parts)
{
    std::array<iovec, 4> vectors{};
    std::size_t count = 0;
    for (auto const part : parts)
        if (!part.empty())
            vectors.at(count++) = {const_cast<char*>(part.data()), part.size()}; // NOLINT: C interface
    if (count == 0)
        return 0;
    if (count == 1) // the message of a tunnel: the kernel has less to copy and check
        return send(descriptor, vectors[0].iov_base, vectors[0].iov_len, MSG_NOSIGNAL);
    msghdr message{};
    message.msg_iov = vectors.data();
    message.msg_iovlen = count;
    return sendmsg(descriptor, &message, MSG_NOSIGNAL);
}

} // namespace

Channel::~Channel()
{
    if (tls_ != nullptr && !broken()) {
        ERR_clear_error();
        SSL_shutdown(tls_.get());
        ERR_clear_error();
    }
    close(descriptor_);
}

void Channel::on_events(std::uint32_t events)
{
    readable_ = readable_ || (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
    if ((events & EPOLLOUT) != 0)
        writable_ = connected_ = true;
    if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0)
        peer_finished_ = true;
    if ((events & (EPOLLHUP | EPOLLERR)) != 0)
        hung_up_ = true;
    if (owner_ != nullptr)
        owner_->on_channel(*this);
}

void Channel::break_off(std::string why)
{
    failed_ = true;
    readable_ = writable_ = false;
    unsent_ = {};
    sent_ = 0;
    if (problem_.empty())
        problem_ = std::move(why);
}

void Channel::break_writing(std::string why)
{
    write_broken_ = true;
    writable_ = false;
    readable_ = true; // whatever the reason was, reading finds it
    unsent_ = {};
    sent_ = 0;
    if (problem_.empty())
        problem_ = std::move(why);
}

Channel::Status Channel::shake_hands()
{
    if (tls_ == nullptr || SSL_is_init_finished(tls_.get()) == 1)
        return Status::ok;
    ERR_clear_error();
    int const result = SSL_do_handshake(tls_.get());
    if (result == 1)
        return Status::ok;
    int const error = SSL_get_error(tls_.get(), result);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)
        return Status::again;
    break_off(error == SSL_ERROR_SYSCALL ? "the connection broke during the handshake" : tls_error());
    return Status::failed;
}

Channel::Read Channel::read(std::span<char> buffer)
{
    if (failed_)
        return {Status::failed, {}};
    if (tls_ != nullptr)
        return read_tls(buffer);
    while (true) {
        ssize_t const got = recv(descriptor_, buffer.data(), buffer.size(), 0);
        if (got > 0) {
            // A short read drained the socket; an end that waits behind it has already been reported or comes as an
            // edge.
            readable_ = static_cast<std::size_t>(got) == buffer.size() || peer_finished_;
            return {Status::ok, {buffer.data(), static_cast<std::size_t>(got)}};
        }
        if (got == 0) {
            readable_ = false;
            peer_finished_ = true;
            return {Status::ended, {}};
        }
        if (errno == EINTR)
            continue;
        if (errno == EAGAIN) {
            readable_ = false;
            return {Status::again, {}};
        }
        break_off(std::strerror(errno));
        return {Status::failed, {}};
    }
}

Channel::Read Channel::read_tls(std::span<char> buffer)
{
    ERR_clear_error();
    std::size_t filled = 0;
    // Records are at most 16 KB: gather several, so that the other side gets large writes.
    while (filled < buffer.size()) {
        std::size_t got = 0;
        if (SSL_read_ex(tls_.get(), buffer.data() + filled, buffer.size() - filled, &got) == 1) {
            filled += got;
            continue;
        }
        int const error = SSL_get_error(tls_.get(), 0);
        if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
            readable_ = false; // either way an edge will tell
            break;
        }
        if (filled > 0)
            break; // the end is found again by the next read
        if (error == SSL_ERROR_ZERO_RETURN) {
            readable_ = false;
            peer_finished_ = true;
            return {Status::ended, {}};
        }
        break_off(error == SSL_ERROR_SYSCALL ? std::strerror(errno) : tls_error());
        return {Status::failed, {}};
    }
    if (filled == 0)
        return {Status::again, {}};
    return {Status::ok, {buffer.data(), filled}};
}

std::size_t Channel::send_some(std::string_view data)
{
    std::size_t sent = 0;
    ERR_clear_error();
    while (sent < data.size()) {
        std::size_t put = 0;
        if (SSL_write_ex(tls_.get(), data.data() + sent, data.size() - sent, &put) == 1) {
            sent += put;
            continue;
        }
        int const error = SSL_get_error(tls_.get(), 0);
        if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
            writable_ = false;
            return sent;
        }
        break_writing(error == SSL_ERROR_SYSCALL ? std::strerror(errno) : tls_error());
        return data.size();
    }
    return sent;
}

void Channel::write(std::initializer_list<std::string_view> parts)
{
    if (broken())
        return;
    if (unsent() > 0 || !connected_) {
        for (auto const part : parts)
            keep(part);
        if (connected_)
            flush();
        return;
    }
    if (tls_ != nullptr) {
        if (parts.size() == 1) {
            auto const data = *parts.begin();
            auto const sent = send_some(data);
            if (!broken())
                keep(data.substr(sent));
            return;
        }
        for (auto const part : parts) // one record rather than several
            keep(part);
        flush();
        return;
    }
    ssize_t const sent = send_parts(descriptor_, parts);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) {
        break_writing(std::strerror(errno));
        return;
    }
    auto skip = static_cast<std::size_t>(std::max<ssize_t>(sent, 0));
    for (auto const part : parts) {
        auto const skipped = std::min(skip, part.size());
        keep(part.substr(skipped));
        skip -= skipped;
    }
    writable_ = unsent() == 0;
}

void Channel::flush()
{
    if (broken() || !connected_)
        return;
    while (unsent() > 0) {
        std::string_view const rest = std::string_view(unsent_).substr(sent_);
        if (tls_ != nullptr) {
            sent_ += std::min(send_some(rest), rest.size());
            if (broken())
                return;
            if (unsent() > 0)
                return;
            break;
        }
        ssize_t const sent = send(descriptor_, rest.data(), rest.size(), MSG_NOSIGNAL);
        if (sent < 0) {
            if (errno == EINTR)
                continue;
            if (errno == EAGAIN)
                writable_ = false;
            else
                break_writing(std::strerror(errno));
            return;
        }
        sent_ += static_cast<std::size_t>(sent);
    }
    if (!unsent_.empty()) {
        unsent_ = {}; // gives the memory back
        sent_ = 0;
    }
    if (finish_wanted_)
        finish_writing();
}

Channel::Spliced Channel::splice_in(int pipe, std::size_t most)
{
    if (failed_)
        return {Status::failed, 0};
    ssize_t const moved = splice(descriptor_, nullptr, pipe, nullptr, most, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    if (moved > 0)
        return {Status::ok, static_cast<std::size_t>(moved)};
    if (moved < 0 && (errno == EAGAIN || errno == EINTR)) {
        readable_ = errno == EINTR;
        return {Status::again, 0};
    }
    if (moved == 0) {
        readable_ = false;
        peer_finished_ = true;
        return {Status::ended, 0};
    }
    break_off(std::strerror(errno));
    return {Status::failed, 0};
}

Channel::Spliced Channel::splice_out(int pipe, std::size_t most)
{
    if (broken())
        return {Status::failed, 0};
    ssize_t const moved = splice(pipe, nullptr, descriptor_, nullptr, most, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    if (moved > 0)
        return {Status::ok, static_cast<std::size_t>(moved)};
    if (moved < 0 && (errno == EAGAIN || errno == EINTR)) {
        writable_ = errno == EINTR;
        return {Status::again, 0};
    }
    break_writing(moved == 0 ? "the pipe is empty" : std::strerror(errno));
    return {Status::failed, 0};
}

void Channel::finish_writing()
{
    finish_wanted_ = true;
    if (unsent() > 0 || broken())
        return;
    finish_wanted_ = false;
    if (tls_ != nullptr) {
        ERR_clear_error();
        SSL_shutdown(tls_.get());
        ERR_clear_error();
    }
    shutdown(descriptor_, SHUT_WR);
}

void Channel::reset_on_close()
{
    linger const option{.l_onoff = 1, .l_linger = 0};
    setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &option, sizeof option);
}

int Channel::connect_error() const
{
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(descriptor_, SOL_SOCKET, SO_ERROR, &error, &size);
    return error;
}

} // namespace jhub::proxy
