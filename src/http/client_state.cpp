#include "http/client_state.hpp"

#include <new>

#include <boost/asio/posix/stream_descriptor.hpp>

namespace jhub::http {
namespace {

void initialise_curl_once()
{
    static bool const done = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
    if (!done)
        throw std::bad_alloc();
}

} // namespace

// A socket of libcurl's, observed but never closed by us.
class ClientState::WatchedSocket : public std::enable_shared_from_this<WatchedSocket> {
  public:
    WatchedSocket(ClientState& owner, curl_socket_t socket)
        : owner_(owner.weak_from_this()), socket_(socket), descriptor_(owner.executor_, socket)
    {
    }
    ~WatchedSocket() { release(); }

    // what: CURL_POLL_IN, CURL_POLL_OUT or both.
    void want(int what)
    {
        wanted_ = what;
        if ((wanted_ & CURL_POLL_IN) != 0 && !reading_)
            wait(asio::posix::stream_descriptor::wait_read, CURL_CSELECT_IN, reading_);
        if ((wanted_ & CURL_POLL_OUT) != 0 && !writing_)
            wait(asio::posix::stream_descriptor::wait_write, CURL_CSELECT_OUT, writing_);
    }

    void release()
    {
        wanted_ = 0;
        if (descriptor_.is_open())
            descriptor_.release();
    }

  private:
    void wait(asio::posix::stream_descriptor::wait_type type, int event, bool& pending)
    {
        pending = true;
        descriptor_.async_wait(type, [self = shared_from_this(), event, &pending](boost::system::error_code error) {
            pending = false;
            self->became_ready(event, error);
        });
    }

    void became_ready(int event, boost::system::error_code error)
    {
        auto const poll = event == CURL_CSELECT_IN ? CURL_POLL_IN : CURL_POLL_OUT;
        auto const owner = owner_.lock();
        if (!owner || error == asio::error::operation_aborted || (wanted_ & poll) == 0)
            return;
        owner->act(socket_, error ? CURL_CSELECT_ERR : event);
        // libcurl may have let go of the socket meanwhile; otherwise it still wants what it wanted.
        if (!error && wanted_ != 0)
            want(wanted_);
    }

    std::weak_ptr<ClientState> owner_;
    curl_socket_t socket_;
    asio::posix::stream_descriptor descriptor_;
    int wanted_ = 0;
    bool reading_ = false;
    bool writing_ = false;
};

ClientState::ClientState(asio::any_io_executor executor) : executor_(std::move(executor)), timer_(executor_)
{
    initialise_curl_once();
    multi_ = curl_multi_init();
    if (multi_ == nullptr)
        throw std::bad_alloc();
    curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &ClientState::on_socket);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &ClientState::on_timer);
    curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, 64L);
}

ClientState::~ClientState()
{
    abandon();
    curl_multi_cleanup(multi_);
}

void ClientState::start(Transfer& transfer)
{
    transfers_.emplace(transfer.easy, &transfer);
    curl_multi_add_handle(multi_, transfer.easy);
}

void ClientState::remove(Transfer& transfer)
{
    if (transfers_.erase(transfer.easy) != 0)
        curl_multi_remove_handle(multi_, transfer.easy);
}

void ClientState::abandon()
{
    abandoned_ = true;
    while (!transfers_.empty()) {
        Transfer& transfer = *transfers_.begin()->second;
        remove(transfer);
        transfer.abandoned = true;
        transfer.finished.set();
    }
    timer_.cancel();
    for (auto const& [socket, watched] : std::exchange(sockets_, {}))
        watched->release();
}

int ClientState::on_socket(CURL*, curl_socket_t socket, int what, void* self, void*)
{
    static_cast<ClientState*>(self)->watch(socket, what);
    return 0;
}

int ClientState::on_timer(CURLM*, long timeout_ms, void* self)
{
    static_cast<ClientState*>(self)->set_timer(timeout_ms);
    return 0;
}

void ClientState::watch(curl_socket_t socket, int what)
{
    auto const found = sockets_.find(socket);
    if (what == CURL_POLL_REMOVE) {
        if (found == sockets_.end())
            return;
        found->second->release();
        sockets_.erase(found);
        return;
    }
    if (abandoned_)
        return;
    auto& watched = found != sockets_.end() ? found->second : sockets_[socket];
    if (!watched)
        watched = std::make_shared<WatchedSocket>(*this, socket);
    watched->want(what);
}

// libcurl must not be called from inside its own callback: even a timeout of 0 goes through the executor.
void ClientState::set_timer(long timeout_ms)
{
    auto const generation = ++timer_generation_;
    timer_.cancel();
    if (timeout_ms < 0 || abandoned_)
        return;
    timer_.expires_after(std::chrono::milliseconds(timeout_ms));
    timer_.async_wait([weak = weak_from_this(), generation](boost::system::error_code error) {
        auto const self = weak.lock();
        if (self && !error && self->timer_generation_ == generation)
            self->act(CURL_SOCKET_TIMEOUT, 0);
    });
}

void ClientState::act(curl_socket_t socket, int events)
{
    int running = 0;
    curl_multi_socket_action(multi_, socket, events, &running);
    collect_finished();
}

void ClientState::collect_finished()
{
    int left = 0;
    while (CURLMsg const* const message = curl_multi_info_read(multi_, &left)) {
        if (message->msg != CURLMSG_DONE)
            continue;
        auto const outcome = message->data.result; // gone once the handle is removed
        auto const found = transfers_.find(message->easy_handle);
        if (found == transfers_.end())
            continue;
        Transfer& transfer = *found->second;
        remove(transfer);
        transfer.outcome = outcome;
        transfer.finished.set();
    }
}

} // namespace jhub::http
