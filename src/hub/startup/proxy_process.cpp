#include "hub/startup/proxy_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <fmt/format.h>

#include "base/descriptor.hpp"
#include "base/guarded_file.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "base/strings.hpp"

extern char** environ;

namespace jhub::hub {

// A process seen through its pidfd: never a stranger that got the same number later.
class WatchedProcess {
  public:
    WatchedProcess(asio::any_io_executor executor, int descriptor) : descriptor_(executor, descriptor) {}

    [[nodiscard]] bool running()
    {
        pollfd probe{descriptor_.native_handle(), POLLIN, 0};
        return ::poll(&probe, 1, 0) == 0;
    }
    void signal(int number) { ::syscall(SYS_pidfd_send_signal, descriptor_.native_handle(), number, nullptr, 0); }
    Task<> wait()
    {
        boost::system::error_code ignored;
        co_await descriptor_.async_wait(asio::posix::stream_descriptor::wait_read,
                                        asio::redirect_error(asio::use_awaitable, ignored));
    }

  private:
    asio::posix::stream_descriptor descriptor_;
};

namespace {

using namespace std::chrono_literals;

std::string own_directory()
{
    std::error_code error;
    return std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
}

// A bare name is looked for beside the hub's own program first: the two belong together.
std::string find_program(std::string const& name)
{
    std::string const beside = own_directory() + "/" + name;
    bool const bare = name.find('/') == std::string::npos;
    return bare && ::access(beside.c_str(), X_OK) == 0 ? beside : name;
}

std::string command_line_of(int pid)
{
    std::ifstream stream(fmt::format("/proc/{}/cmdline", pid));
    return {std::istreambuf_iterator<char>(stream), {}};
}

std::vector<char*> pointers(std::vector<std::string>& texts)
{
    std::vector<char*> out;
    for (auto& text : texts)
        out.push_back(text.data());
    out.push_back(nullptr);
    return out;
}

} // namespace

std::vector<std::string> whole_command(std::vector<std::string> command, std::vector<std::string> const& arguments)
{
    command.front() = find_program(command.front());
    command.insert(command.end(), arguments.begin(), arguments.end());
    return command;
}

bool is_own_proxy(std::string const& command)
{
    return find_program(command) == own_directory() + "/configurable-http-proxy";
}

ProxyProcess::ProxyProcess(asio::any_io_executor executor, ProxyProcessOptions options)
    : executor_(std::move(executor)), options_(std::move(options))
{
}

ProxyProcess::~ProxyProcess() = default;

int ProxyProcess::pid_from_file() const
{
    int pid = 0;
    if (auto const file = open_guarded(options_.pid_file, {})) {
        std::array<char, 32> text{};
        ssize_t const size = ::read(file->get(), text.data(), text.size());
        std::from_chars(text.data(), text.data() + std::max<ssize_t>(size, 0), pid);
    }
    // The number may belong to somebody else by now.
    std::string const program = std::filesystem::path(options_.command.front()).filename();
    return pid > 1 && command_line_of(pid).find(program) != std::string::npos ? pid : 0;
}

bool ProxyProcess::watch(int pid)
{
    int const descriptor = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
    if (descriptor < 0)
        return false;
    ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    watched_ = std::make_unique<WatchedProcess>(executor_, descriptor);
    pid_ = pid;
    return watched_->running();
}

bool ProxyProcess::adopt()
{
    int const pid = pid_from_file();
    return pid != 0 && watch(pid);
}

bool ProxyProcess::running() const { return watched_ && watched_->running(); }

void ProxyProcess::signal(int number)
{
    if (options_.supervisor != nullptr)
        (void)options_.supervisor->signal_proxy(pid_, number); // false: it is gone, which the caller looks at anyway
    else
        watched_->signal(number);
}

Task<> ProxyProcess::end_stale()
{
    if (!adopt())
        co_return;
    log::warning("Ending a proxy that still runs, process {}", pid_);
    co_await insist();
}

// Until it is gone, first politely.
Task<> ProxyProcess::insist()
{
    for (int const number : {SIGTERM, SIGTERM, SIGKILL}) {
        if (!running())
            break;
        signal(number);
        for (int i = 0; i < 20 && running(); ++i)
            co_await sleep_for(50ms);
    }
}

Result<Descriptor> ProxyProcess::open_pid_file() const
{
    if (options_.pid_file.empty())
        return Descriptor();
    return open_guarded(options_.pid_file, {Opening::Access::read_and_write, Opening::Missing::is_made, 0644});
}

Result<int> ProxyProcess::run_as_child()
{
    TRY(auto const pid_file, open_pid_file());
    std::vector<std::string> argv = whole_command(options_.command, options_.arguments);
    std::vector<std::string> environment{"CONFIGPROXY_AUTH_TOKEN=" + options_.auth_token};
    for (char** entry = environ; *entry; ++entry)
        if (!std::string_view(*entry).starts_with("CONFIGPROXY_AUTH_TOKEN="))
            environment.emplace_back(*entry);

    posix_spawnattr_t attributes;
    ::posix_spawnattr_init(&attributes);
    sigset_t none, all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setsigdefault(&attributes, &all);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    int pid = 0;
    int const problem = ::posix_spawnp(&pid, argv.front().c_str(), nullptr, &attributes, pointers(argv).data(),
                                       pointers(environment).data());
    ::posix_spawnattr_destroy(&attributes);
    if (problem != 0)
        return fail(Errc::failed, std::strerror(problem));
    is_child_ = true;
    if (pid_file)
        CHECK(replace_content(pid_file, std::to_string(pid), options_.pid_file));
    return pid;
}

Result<int> ProxyProcess::run_program()
{
    auto started =
        options_.supervisor != nullptr ? options_.supervisor->start_proxy(options_.auth_token) : run_as_child();
    if (!started)
        return fail(
            Errc::failed,
            fmt::format("The proxy cannot be started: {}: {}. Install it, or set c.ConfigurableHTTPProxy.command.",
                        find_program(options_.command.front()), started.error().message));
    return started;
}

Async<> ProxyProcess::start()
{
    co_await end_stale();
    CO_TRY(int const pid, run_program());
    if (!watch(pid)) // it has ended already, and nobody watches any longer
        pid_ = pid;
    log::info("Started the proxy, process {}", pid);
    co_return Result<>{};
}

// A proxy that gave its place to a new process names that in the pid file; its own end is then nothing unexpected.
bool ProxyProcess::adopt_successor()
{
    int const former = pid_;
    if (std::exchange(is_child_, false))
        ::waitpid(former, nullptr, WNOHANG);
    int const pid = pid_from_file();
    if (pid == 0 || pid == former || !watch(pid))
        return false;
    log::info("The proxy's new process is {}", pid);
    return true;
}

Task<> ProxyProcess::wait_exit()
{
    do
        while (running())
            co_await watched_->wait();
    while (adopt_successor());
}

Task<> ProxyProcess::stop()
{
    do
        co_await insist();
    while (adopt_successor());
    if (!options_.pid_file.empty())
        (void)remove_guarded(options_.pid_file);
}

namespace {

// The token that is there; "": none that others cannot know.
Result<std::string> known_token(std::string const& file)
{
    auto const old = open_guarded(file, {});
    struct stat facts{};
    if (!old)
        return old.error().code == Errc::forbidden ? std::unexpected(old.error()) : Result<std::string>();
    bool const private_file =
        ::fstat(old->get(), &facts) == 0 && (facts.st_mode & 077) == 0 && facts.st_uid == ::geteuid();
    std::array<char, 128> text{};
    ssize_t const length = private_file ? ::read(old->get(), text.data(), text.size()) : 0;
    std::string token(trim(std::string_view(text.data(), static_cast<std::size_t>(std::max<ssize_t>(length, 0)))));
    return token.size() == 64 ? token : std::string();
}

// In place of what is there, at once.
Result<Descriptor> put_token(GuardedPlace const& place, std::string const& token)
{
    int const folder = place.directory.get();
    std::string const fresh = place.name + ".new";
    (void)::unlinkat(folder, fresh.c_str(), 0); // of a hub that was killed here
    Descriptor file(::openat(folder, fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    bool const written = file &&
                         ::write(file.get(), token.data(), token.size()) == static_cast<ssize_t>(token.size()) &&
                         ::renameat(folder, fresh.c_str(), folder, place.name.c_str()) == 0;
    return written ? Result<Descriptor>(std::move(file)) : fail(Errc::failed, std::strerror(errno));
}

} // namespace

Result<std::string> load_or_create_proxy_token(std::string const& configured, std::string const& file)
{
    if (!configured.empty())
        return configured;
    TRY(std::string token, known_token(file));
    if (!token.empty())
        return token;
    token = random_hex32() + random_hex32();
    auto const put = [&token](GuardedPlace const& place) { return put_token(place, token); };
    if (auto const written = at_guarded_place(file, this_account(), put); !written)
        log::warning("Cannot write {}: {} The next hub cannot go on with this proxy.", file, written.error().message);
    return token;
}

} // namespace jhub::hub
