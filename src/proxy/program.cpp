#include "proxy/program.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "base/guarded_file.hpp"
#include "base/log.hpp"
#include "base/strings.hpp"
#include "proxy/privileges.hpp"
#include "proxy/program_names.hpp"

namespace jhub::proxy {
namespace {

constexpr std::size_t descriptors_for_control = 64;
constexpr std::size_t few_descriptors = 128; // of which control gets its share only

std::size_t usable_cores()
{
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return 1;
    return std::max(1, CPU_COUNT(&set));
}

} // namespace

std::size_t raise_descriptor_limit()
{
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    getrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur;
}

Program::Program(Options options, Monitor* monitor, Inherited inherited)
    : options_(std::move(options)), monitor_(monitor), inherited_(std::move(inherited)),
      table_(RouteRules{.host_routing = options_.host_routing}), shared_(options_.max_connections_per_address),
      certificates_([this](std::string const& path) {
          Descriptor file = open_directly(path);
          return file.get() < 0 && errno == EACCES && monitor_ != nullptr ? monitor_->open(path) : std::move(file);
      })
{
}

Program::~Program() { stop(); }

Result<> Program::make_facts()
{
    TRY(facts_.rules, ForwardRules::from(options_));
    facts_.host_routing = options_.host_routing;
    facts_.error_path = options_.error_path;
    facts_.client_timeout_ms = static_cast<std::int64_t>(options_.timeout_ms);
    facts_.target_timeout_ms = static_cast<std::int64_t>(options_.proxy_timeout_ms);
    facts_.keep_alive_ms = static_cast<std::int64_t>(options_.keep_alive_timeout_ms);
    facts_.body_ms = static_cast<std::int64_t>(options_.body_timeout_ms);
    facts_.connect_ms = static_cast<std::int64_t>(options_.connect_timeout_ms);
    facts_.tcp_keep_alive_seconds = static_cast<int>(options_.tcp_keep_alive_seconds);
    facts_.limits.request_line = options_.max_request_line;
    facts_.limits.header_block = options_.max_header_size;
    facts_.limits.header_count = options_.max_headers;
    facts_.limits.header_timeout = std::chrono::milliseconds(options_.head_timeout_ms);
    TRY(facts_.uncounted, Networks::parse(options_.exempt_addresses + "," + options_.trusted_proxies));
    facts_.most_connections = raise_descriptor_limit() / 10 * 9 / 2; // each may need a second one for its target
    if (options_.max_connections != 0)
        facts_.most_connections = std::min<std::size_t>(facts_.most_connections, options_.max_connections);
    if (!options_.error_target.empty()) {
        auto route = std::make_shared<Route>();
        TRY(route->target, parse_target(options_.error_target));
        facts_.error_target = std::move(route);
    }
    return {};
}

Result<> Program::make_workers()
{
    std::size_t const count = options_.workers != 0 ? options_.workers : usable_cores();
    auto const make = [this](std::unique_ptr<Worker>& place, std::size_t reserve) -> Result<> {
        TRY(TlsContext context, make_client_context(options_.client_tls, options_.insecure));
        place = std::make_unique<Worker>(facts_, table_.snapshots(), resolver_, shared_, std::move(context), reserve);
        return {};
    };
    workers_.resize(count);
    for (auto& worker : workers_)
        CHECK(make(worker, 1));
    certificates_.present(options_.client_tls, options_.insecure, data_workers());
    std::size_t const descriptors = raise_descriptor_limit();
    CHECK(make(control_, descriptors < few_descriptors ? descriptors / 8 : descriptors_for_control));
    std::uint64_t const budget =
        options_.memory_budget_mib ? *options_.memory_budget_mib * 1024 * 1024 : memory_limit_of_control_group();
    if (budget != 0) {
        overload_ = std::make_unique<OverloadWatch>(control_->loop(), shared_.load, budget);
        overload_->start();
    }
    return {};
}

std::vector<Worker*> Program::data_workers() const
{
    std::vector<Worker*> result;
    for (auto const& worker : workers_)
        result.push_back(worker.get());
    return result;
}

Result<> Program::fill_table()
{
    Descriptor file = inherited_.take_one(routes_file_name);
    if (file.get() >= 0)
        route_store_.emplace(options_.routes_file, std::move(file), inherited_.take_one(routes_copy_name));
    if (inherited_.anything() || route_store_)
        return read_routes(inherited_.routes(), "the table of the predecessor", table_);
    if (!options_.routes_file.empty()) {
        TRY(route_store_, RouteStore::open(options_.routes_file, options_.owner));
        CHECK(route_store_->load(table_));
    }
    if (!options_.default_target.empty())
        CHECK(table_.add("/", Json{{"target", options_.default_target}}));
    return {};
}

Result<> Program::write_pid_file()
{
    if (options_.pid_file.empty())
        return {};
    pid_file_ = inherited_.take_one(pid_file_name);
    if (pid_file_.get() < 0) {
        Opening const opening{Opening::Access::read_and_write, Opening::Missing::is_made, 0644,
                              Opening::OfRoot::is_replaced};
        TRY(pid_file_, open_guarded(options_.pid_file, opening, options_.owner));
    }
    CHECK(replace_content(pid_file_, std::to_string(getpid()), options_.pid_file));
    remove_on_stop_.push_back(options_.pid_file);
    return {};
}

void Program::announce() const
{
    auto const where = [](std::string const& socket, std::string const& ip, std::uint16_t port, bool tls) {
        return socket.empty()
                   ? fmt::format("{}://{}:{}", tls ? "https" : "http", ip.empty() ? "*" : host_in_url(ip), port)
                   : "unix:" + socket;
    };
    log::info("Proxying {} to {}",
              where(options_.socket, options_.ip.value_or(""), public_port_, options_.tls.wanted()),
              options_.default_target.empty() ? "(no default)" : options_.default_target);
    log::info("Proxy API at {}/api/routes",
              where(options_.api_socket, options_.api_ip, api_port_, options_.api_tls.wanted()));
    if (metrics_ != nullptr)
        log::info("Metrics at {}/metrics",
                  where(options_.metrics_socket, options_.metrics_ip.value_or(""), metrics_port_, false));
    if (options_.auth_token.empty())
        log::warning("REST API is not authenticated.");
    if (geteuid() == 0)
        log::warning("The proxy stays root. With --user=nobody it gives that up as soon as its ports are bound.");
    for (auto const& remark : options_.remarks)
        log::warning("{}", remark);
    if (options_.auto_rewrite)
        log::info("AutoRewrite of Location headers enabled");
}

Result<> Program::start(std::function<void()> const& last_step)
{
    CHECK(make_facts());
    CHECK(fill_table());
    CHECK(make_workers());
    CHECK(listen_public());
    CHECK(listen_control());
    CHECK(listen_metrics());
    CHECK(listen_redirect());
    CHECK(write_pid_file());
    if (!options_.user.empty())
        CHECK(become_user(options_.user));
    announce();
    certificates_.watch(control_->loop());
    if (last_step)
        last_step();
    for (auto const& worker : workers_)
        threads_.emplace_back([&each = *worker] { each.run(); });
    threads_.emplace_back([this] { control_->run(); });
    announce_to_predecessor();
    return {};
}

void Program::reload_certificates()
{
    control_->loop().post([this] { certificates_.reload(); });
}

void Program::stop()
{
    for (auto const& worker : workers_)
        if (worker != nullptr)
            worker->stop();
    if (control_ != nullptr)
        control_->stop();
    for (auto& thread : threads_)
        thread.join();
    threads_.clear();
    resolver_.stop(); // its answers go to the workers, which end next
    if (route_file_ != nullptr)
        route_file_->save_now();
    for (auto const& path : std::exchange(remove_on_stop_, {}))
        if (!remove_guarded(path, this_account()) && path == options_.pid_file) // in a directory that is not ours
            (void)!ftruncate(pid_file_.get(), 0);
}

} // namespace jhub::proxy
