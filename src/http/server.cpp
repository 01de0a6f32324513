// Listening and accepting. What happens on an accepted connection is connection.hpp's.
#include "http/server.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include "base/guarded_file.hpp"
#include "base/log.hpp"
#include "http/connection.hpp"

namespace jhub::http {
namespace {

using namespace std::chrono_literals;
using asio::ip::tcp;
using local = asio::local::stream_protocol;
using Socket = Connection::Socket;

// Out of descriptors or memory: the connection stays in the kernel's queue, and asking again at once would only spin.
constexpr auto pause_after_failure = 100ms;

std::string text_of(asio::ip::address const& address)
{
    bool const mapped = address.is_v6() && address.to_v6().is_v4_mapped();
    return mapped ? asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string() : address.to_string();
}

Peer peer_of(tcp::socket const& socket, tcp::endpoint const& endpoint)
{
    boost::system::error_code ignored;
    auto const local = socket.local_endpoint(ignored);
    return {.address = text_of(endpoint.address()),
            .port = endpoint.port(),
            .local_address = text_of(local.address()),
            .local_port = local.port()};
}

Peer peer_of(local::socket const&, local::endpoint const&) { return {.address = "unix"}; }

void configure(tcp::socket& socket)
{
    boost::system::error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    socket.set_option(asio::socket_base::keep_alive(true), ignored);
}

void configure(local::socket&) {}

// Children of the hub must not inherit connections.
void close_on_exec(int descriptor) { ::fcntl(descriptor, F_SETFD, FD_CLOEXEC); }

// Says 503 without waiting for anything. What the client has sent is read away, so that the answer survives the close.
void turn_away(Socket& socket)
{
    Response response = plain_refusal(Status::service_unavailable, "too many connections");
    response.headers.add("Retry-After", "1");
    auto const prepared = prepare_response(response, {Method::get, 1, false});
    auto const text = prepared->head + response.body;
    auto const descriptor = socket.native_handle();
    std::array<char, 4096> unread;
    [[maybe_unused]] auto const sent = ::send(descriptor, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    ::shutdown(descriptor, SHUT_WR);
    [[maybe_unused]] auto const read = ::recv(descriptor, unread.data(), unread.size(), MSG_DONTWAIT);
}

// Owns the connection: whatever ends the coroutine, also the end of the io_context, ends the connection.
Task<> serve(std::unique_ptr<Connection> connection) { co_await connection->run(); }

void admit(std::shared_ptr<ServerState> const& state, Socket socket, Peer peer)
{
    if (!state->has_room_for(peer.address)) {
        ++state->statistics.refused_connections;
        turn_away(socket);
        return;
    }
    peer.connection = ++state->statistics.accepted;
    asio::co_spawn(state->executor, serve(std::make_unique<Connection>(state, std::move(socket), std::move(peer))),
                   asio::detached);
}

bool is_about_one_connection(boost::system::error_code const& error)
{
    return error == asio::error::connection_aborted || error == asio::error::connection_reset ||
           error == asio::error::interrupted || error == asio::error::timed_out;
}

template <typename Protocol>
Task<> accept_from(std::shared_ptr<ServerState> state, std::shared_ptr<asio::basic_socket_acceptor<Protocol>> acceptor)
{
    while (acceptor->is_open()) {
        typename Protocol::socket socket(state->executor);
        typename Protocol::endpoint endpoint;
        boost::system::error_code error;
        co_await acceptor->async_accept(socket, endpoint, asio::redirect_error(asio::use_awaitable, error));
        if (!error) {
            close_on_exec(socket.native_handle());
            configure(socket);
            Peer peer = peer_of(socket, endpoint);
            admit(state, std::move(socket), std::move(peer));
        } else if (acceptor->is_open() && !is_about_one_connection(error)) {
            if (++state->statistics.accept_failures == 1)
                log::warning("Cannot accept connections for now: {}", error.message());
            co_await sleep_for(pause_after_failure);
        }
    }
}

Result<Descriptor> nothing_yet(GuardedPlace const&) { return Descriptor(); }

std::unexpected<Error> cannot_listen(std::string const& where, boost::system::error_code const& error)
{
    auto const code = error == asio::error::address_in_use ? Errc::conflict : Errc::unavailable;
    return fail(code, "Cannot listen on " + where + ": " + error.message());
}

template <typename Protocol>
void take_in(std::shared_ptr<ServerState> const& state, Accepting accepting,
             std::shared_ptr<asio::basic_socket_acceptor<Protocol>> acceptor)
{
    close_on_exec(acceptor->native_handle());
    state->close_listeners.emplace_back([acceptor] {
        boost::system::error_code ignored;
        acceptor->close(ignored);
    });
    auto const start = [acceptor](std::shared_ptr<ServerState> owner) {
        auto const executor = owner->executor;
        asio::co_spawn(executor, accept_from<Protocol>(std::move(owner), acceptor), asio::detached);
    };
    if (accepting == Accepting::at_once)
        start(state);
    else
        state->start_accepting.emplace_back(start);
}

boost::system::error_code open_and_listen(tcp::acceptor& acceptor, tcp::endpoint const& endpoint)
{
    boost::system::error_code error;
    acceptor.open(endpoint.protocol(), error);
    if (!error)
        acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error && endpoint.address().is_v6() && endpoint.address().is_unspecified())
        acceptor.set_option(asio::ip::v6_only(false), error);
    if (!error)
        acceptor.bind(endpoint, error);
    if (!error)
        acceptor.listen(tcp::acceptor::max_listen_connections, error);
    return error;
}

Result<tcp::endpoint> resolve(asio::any_io_executor const& executor, std::string const& address, std::uint16_t port)
{
    tcp::resolver resolver(executor);
    boost::system::error_code error;
    auto const found = resolver.resolve(address, std::to_string(port), tcp::resolver::passive, error);
    if (error || found.empty())
        return cannot_listen(address, error);
    return found.begin()->endpoint();
}

// Whether somebody answers on the socket file.
bool is_live(asio::any_io_executor const& executor, std::string const& path)
{
    local::socket probe(executor);
    boost::system::error_code error;
    probe.connect(local::endpoint(path), error);
    return !error;
}

} // namespace

Server::Server(asio::any_io_executor executor, RequestHandler& handler, Limits limits)
    : state_(std::make_shared<ServerState>(std::move(executor), handler, limits))
{
}

Server::~Server()
{
    state_->stop_listening();
    state_->abort_connections();
}

Result<std::uint16_t> Server::listen_tcp(std::string const& address, std::uint16_t port, Accepting accepting)
{
    auto acceptor = std::make_shared<tcp::acceptor>(state_->executor);
    boost::system::error_code error;
    if (address.empty()) {
        error = open_and_listen(*acceptor, {tcp::v6(), port});
        if (error && error != asio::error::address_in_use) { // a machine without IPv6
            acceptor = std::make_shared<tcp::acceptor>(state_->executor);
            error = open_and_listen(*acceptor, {tcp::v4(), port});
        }
    } else {
        TRY(auto const endpoint, resolve(state_->executor, address, port));
        error = open_and_listen(*acceptor, endpoint);
    }
    if (error)
        return cannot_listen((address.empty() ? "*" : address) + ":" + std::to_string(port), error);
    auto const bound = acceptor->local_endpoint().port();
    take_in(state_, accepting, std::move(acceptor));
    return bound;
}

Result<> Server::listen_unix(std::string const& path, unsigned mode, Accepting accepting)
{
    if (auto const place = at_guarded_place(path, this_account(), nothing_yet); !place)
        return fail(place.error().code, "Cannot listen on " + path + ": " + place.error().message);
    struct stat found{};
    if (::lstat(path.c_str(), &found) == 0) {
        if (!S_ISSOCK(found.st_mode) || is_live(state_->executor, path))
            return fail(Errc::conflict, "Cannot listen on " + path + ": it is in use");
        ::unlink(path.c_str());
    }
    auto acceptor = std::make_shared<local::acceptor>(state_->executor);
    boost::system::error_code error;
    if (path.size() >= sizeof(sockaddr_un::sun_path))
        return fail(Errc::invalid_argument, "Cannot listen on " + path + ": the path is too long");
    acceptor->open(local(), error);
    if (!error)
        acceptor->bind(local::endpoint(path), error);
    // Before listen(), nobody can connect: the file never stands open with a wider mode.
    if (!error && ::chmod(path.c_str(), mode) != 0)
        error.assign(errno, boost::system::system_category());
    if (!error)
        acceptor->listen(local::acceptor::max_listen_connections, error);
    if (error)
        return cannot_listen(path, error);
    state_->close_listeners.emplace_back([path] { ::unlink(path.c_str()); });
    take_in(state_, accepting, std::move(acceptor));
    return {};
}

void Server::accept()
{
    for (auto const& start : std::exchange(state_->start_accepting, {}))
        start(state_);
}

void Server::stop()
{
    state_->stop_listening();
    state_->stop_connections();
}

Task<bool> Server::drained(std::chrono::milliseconds patience)
{
    auto const state = state_;
    co_return co_await state->drained.wait(patience);
}

ServerStatistics Server::statistics() const { return state_->statistics; }

} // namespace jhub::http
