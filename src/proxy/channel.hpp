// One side of a conversation: a non-blocking socket, with TLS or without. Remembers readiness (the loop reports edges
// only) and what the socket did not take yet. Reading and writing policy is the owner's.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include "proxy/event_loop.hpp"
#include "proxy/tls.hpp"

namespace jhub::proxy {

class Channel;

class ChannelOwner {
  public:
    // Something became possible: reading, writing, or noticing the end.
    virtual void on_channel(Channel& channel) = 0;

  protected:
    ~ChannelOwner() = default;
};

class Channel final : public EventHandler {
  public:
    // Owns the descriptor. tls may be null.
    Channel(int descriptor, TlsSession tls) : descriptor_(descriptor), tls_(std::move(tls)) {}
    ~Channel() override;

    void set_owner(ChannelOwner* owner) { owner_ = owner; }
    void on_events(std::uint32_t events) override;

    enum class Status : std::uint8_t { ok, again, ended, failed };
    struct Read {
        Status status;
        std::string_view data; // inside the buffer
    };
    [[nodiscard]] Read read(std::span<char> buffer);
    // False while a read would surely find nothing.
    [[nodiscard]] bool may_read() const { return readable_; }

    // Completes a TLS handshake; ok at once without TLS.
    [[nodiscard]] Status shake_hands();

    // Sends the parts in order and keeps what the socket does not take. Write only while unsent() is 0 in order to
    // stay bounded. A failure shows in broken().
    void write(std::initializer_list<std::string_view> parts);
    void flush();
    [[nodiscard]] std::size_t unsent() const { return unsent_.size() - sent_; }
    // The same through a pipe, without copying to user space; only without TLS, and writing only while unsent() is 0.
    struct Spliced {
        Status status;
        std::size_t count;
    };
    [[nodiscard]] Spliced splice_in(int pipe, std::size_t most);
    [[nodiscard]] Spliced splice_out(int pipe, std::size_t most);
    [[nodiscard]] bool may_write() const { return writable_; }
    // Ends the sending direction once everything is sent.
    void finish_writing();
    // close() will reset the connection, so that the peer cannot take a cut message for a whole one.
    void reset_on_close();

    // The peer ended its direction (bytes may still wait before the end), or the connection broke.
    [[nodiscard]] bool peer_finished() const { return peer_finished_ || failed_; }
    // Both directions are over: nothing written now arrives.
    [[nodiscard]] bool hung_up() const { return hung_up_ || failed_; }
    [[nodiscard]] bool failed() const { return failed_; }
    // The peer takes nothing any more; what it has sent before can still be read.
    [[nodiscard]] bool broken() const { return write_broken_ || failed_; }
    [[nodiscard]] bool connected() const { return connected_; }
    [[nodiscard]] std::string const& problem() const { return problem_; }

    [[nodiscard]] int descriptor() const { return descriptor_; }
    [[nodiscard]] bool tls() const { return tls_ != nullptr; }
    // The kernel's error of a connect() that has ended; 0 for success.
    [[nodiscard]] int connect_error() const;

  private:
    Read read_tls(std::span<char> buffer);
    std::size_t send_some(std::string_view data);
    void keep(std::string_view rest) { unsent_ += rest; }
    void break_off(std::string why);
    void break_writing(std::string why);

    int descriptor_;
    TlsSession tls_;
    ChannelOwner* owner_ = nullptr;
    std::string unsent_;
    std::size_t sent_ = 0; // of unsent_
    std::string problem_;
    bool readable_ = false;
    bool writable_ = false;
    bool connected_ = false;
    bool peer_finished_ = false;
    bool hung_up_ = false;
    bool write_broken_ = false;
    bool failed_ = false;
    bool finish_wanted_ = false;
};

} // namespace jhub::proxy
