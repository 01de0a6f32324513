// The part of the program that opens its ports and sockets, or takes those of its predecessor.
#include "proxy/program.hpp"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

#include "proxy/program_names.hpp"

namespace jhub::proxy {
namespace {

constexpr unsigned public_socket_mode = 0666;
constexpr unsigned private_socket_mode = 0600;

// What to do when the port is somebody else's. The proxy's own options; the first is the hub's, too.
struct OtherPort {
    std::string_view name;
    std::string_view how;
};
constexpr std::array other_ports{
    OtherPort{"the public port", "--port=N takes another port, here and of jupyterhub"},
    OtherPort{"the API port", "--api-port=N takes another port; under a hub c.ConfigurableHTTPProxy.api_url does, such "
                              "as \"http://127.0.0.1:9001\""},
    OtherPort{"the metrics port", "--metrics-port=N takes another port"},
    OtherPort{"the redirect port", "--redirect-port=N takes another port"},
};

Error with_advice(Error error, std::string_view what)
{
    if (error.code == Errc::forbidden)
        error.message += ". Ports below 1024 take root, or the capability CAP_NET_BIND_SERVICE";
    auto const other = std::ranges::find(other_ports, what, &OtherPort::name);
    if (error.code == Errc::conflict && other != other_ports.end())
        error.message += fmt::format(". {}", other->how);
    return error;
}

} // namespace

// The predecessor's, so that its clients' sessions go on, or fresh ones.
TicketKeys Program::ticket_keys(std::string const& what)
{
    TicketKeys keys = random_ticket_keys();
    std::string const inherited = inherited_.take_text(what + ticket_keys_suffix);
    if (inherited.size() == keys.size())
        std::ranges::copy(inherited, keys.begin());
    return keys;
}

Result<std::vector<Front const*>> Program::make_fronts(std::vector<Worker*> const& workers, LocalService* service,
                                                       TlsFiles const* tls, std::string const& what)
{
    std::vector<Front const*> result;
    std::vector<Certificates::Place> places;
    Access const access = service == nullptr || service == redirect_.get() ? Access::everybody : Access::control;
    for (Worker* worker : workers) {
        fronts_.push_back({service, nullptr, what, access});
        result.push_back(&fronts_.back());
        places.push_back({worker, &fronts_.back()});
    }
    if (tls != nullptr && tls->wanted()) {
        TlsServerRules rules;
        if (service == nullptr)
            rules = {options_.tls_protocol, options_.tls_ciphers, options_.tls_dhparam};
        CHECK(certificates_.serve(what, *tls, rules, ticket_keys(what), std::move(places)));
    }
    return result;
}

Result<std::uint16_t> Program::serve_tcp(std::string const& host, std::uint16_t port,
                                         std::vector<Worker*> const& workers, LocalService* service,
                                         TlsFiles const* tls, std::string what)
{
    Listening listening{inherited_.take(what), 0};
    if (listening.sockets.empty()) {
        auto fresh = listen_tcp(host, port, workers.size());
        if (!fresh)
            return std::unexpected(with_advice(std::move(fresh.error()), what));
        listening = *std::move(fresh);
    } else {
        listening.port = bound_port(listening.sockets.front().get());
    }
    for (std::size_t i = 0; listening.sockets.size() < workers.size(); ++i) // the predecessor had fewer workers
        listening.sockets.emplace_back(fcntl(listening.sockets[i].get(), F_DUPFD_CLOEXEC, 0));
    for (auto const& socket : listening.sockets)
        bound_.push_back({what, socket.get()});
    TRY(auto const fronts, make_fronts(workers, service, tls, what));
    for (std::size_t i = 0; i < listening.sockets.size(); ++i)
        CHECK(workers[i % workers.size()]->serve(std::move(listening.sockets[i]), *fronts[i % workers.size()]));
    return listening.port;
}

Result<> Program::serve_unix(std::string const& path, std::vector<Worker*> const& workers, LocalService* service,
                             TlsFiles const* tls, std::string what)
{
    Descriptor listener = inherited_.take_one(what);
    if (listener.get() < 0) {
        TRY(listener, listen_unix(path, service == nullptr ? public_socket_mode : private_socket_mode, options_.owner));
    }
    remove_on_stop_.push_back(path);
    TRY(auto const fronts, make_fronts(workers, service, tls, what));
    for (std::size_t i = 0; i < workers.size(); ++i) {
        Descriptor copy(fcntl(listener.get(), F_DUPFD_CLOEXEC, 0));
        if (i == 0)
            bound_.push_back({what, copy.get()});
        CHECK(workers[i]->serve(std::move(copy), *fronts[i]));
    }
    return {};
}

Result<> Program::listen_public()
{
    if (!options_.socket.empty())
        return serve_unix(options_.socket, data_workers(), nullptr, &options_.tls, "the public socket");
    TRY(public_port_, serve_tcp(options_.ip.value_or(""), options_.public_port(), data_workers(), nullptr,
                                &options_.tls, "the public port"));
    return {};
}

Result<> Program::listen_control()
{
    if (route_store_)
        route_file_ = std::make_unique<RouteFile>(control_->loop(), table_, *std::exchange(route_store_, {}));
    auto const changed = [this] {
        if (route_file_ != nullptr)
            route_file_->table_changed();
    };
    api_ = std::make_unique<ControlApi>(table_, options_.auth_token, changed);
    if (!options_.api_socket.empty())
        return serve_unix(options_.api_socket, {control_.get()}, api_.get(), &options_.api_tls, "the API socket");
    std::uint16_t const port = options_.api_port || options_.port != 0 ? options_.control_port() : std::uint16_t{0};
    TRY(api_port_, serve_tcp(options_.api_ip, port, {control_.get()}, api_.get(), &options_.api_tls, "the API port"));
    return {};
}

Result<> Program::listen_metrics()
{
    if (!options_.wants_metrics())
        return {};
    std::vector<Counters const*> counters;
    for (auto const& worker : workers_)
        counters.push_back(&worker->counters());
    metrics_ = std::make_unique<MetricsService>(
        MetricsService::Sources{std::move(counters), api_->counters(), certificates_, table_, options_.metrics_routes});
    if (!options_.metrics_socket.empty())
        return serve_unix(options_.metrics_socket, {control_.get()}, metrics_.get(), nullptr, "the metrics socket");
    TRY(metrics_port_, serve_tcp(options_.metrics_ip.value_or(""), options_.metrics_port.value_or(8002),
                                 {control_.get()}, metrics_.get(), nullptr, "the metrics port"));
    return {};
}

Result<> Program::listen_redirect()
{
    if (!options_.redirect_port || options_.public_port() == 80)
        return {};
    redirect_ = std::make_unique<RedirectService>(options_.redirect_to.value_or(options_.public_port()));
    TRY([[maybe_unused]] std::uint16_t const bound,
        serve_tcp(options_.ip.value_or(""), *options_.redirect_port, {workers_.front().get()}, redirect_.get(), nullptr,
                  "the redirect port"));
    return {};
}

} // namespace jhub::proxy
