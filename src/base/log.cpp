#include "base/log.hpp"

#include <unistd.h>

#include <array>
#include <chrono>
#include <ctime>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "base/guarded_file.hpp"
#include "base/log_file.hpp"
#include "base/strings.hpp"

namespace jhub::log {
namespace {

struct LevelStyle {
    char letter;
    std::string_view colour;
    spdlog::level::level_enum level;
};

// Indexed by Level.
constexpr std::array styles{
    LevelStyle{'D', "\033[0;34m", spdlog::level::debug},    LevelStyle{'I', "\033[0;32m", spdlog::level::info},
    LevelStyle{'W', "\033[0;33m", spdlog::level::warn},     LevelStyle{'E', "\033[0;31m", spdlog::level::err},
    LevelStyle{'C', "\033[0;35m", spdlog::level::critical},
};

LevelStyle const& style(Level level) { return styles[static_cast<std::size_t>(level)]; }

// Appends lines to a file that is open already. One that cannot be written loses lines, and nobody waits for it.
class FileSink final : public spdlog::sinks::base_sink<std::mutex> {
  public:
    explicit FileSink(Descriptor file) : file_(std::move(file)) {}
    void replace(Descriptor file)
    {
        std::lock_guard const lock(mutex_);
        file_ = std::move(file);
    }

  private:
    void sink_it_(spdlog::details::log_msg const& message) override
    {
        spdlog::memory_buf_t line;
        formatter_->format(message, line);
        (void)!::write(file_.get(), line.data(), line.size());
    }
    void flush_() override {}

    Descriptor file_;
};

struct State {
    Settings settings;
    bool coloured = isatty(STDERR_FILENO) == 1;
    spdlog::logger logger{"hub", std::make_shared<spdlog::sinks::stderr_sink_mt>()};
    std::shared_ptr<FileSink> extra;

    State()
    {
        logger.set_pattern("%v");
        logger.flush_on(spdlog::level::debug);
        logger.set_level(spdlog::level::info);
    }
};

State& state()
{
    static State instance;
    return instance;
}

std::string local_time()
{
    auto const now = std::chrono::system_clock::now();
    std::time_t const seconds = std::chrono::system_clock::to_time_t(now);
    std::tm parts{};
    localtime_r(&seconds, &parts);
    auto const milliseconds =
        std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() % 1000;
    return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:03}", parts.tm_year + 1900, parts.tm_mon + 1,
                       parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, milliseconds);
}

std::string module_of(std::string_view file)
{
    file.remove_prefix(file.rfind('/') + 1);
    return std::string(file.substr(0, file.find('.')));
}

} // namespace

void configure(Settings const& settings)
{
    State& s = state();
    s.settings = settings;
    s.logger.set_level(style(settings.level).level);
}

void copy_to(Descriptor file)
{
    State& s = state();
    s.extra = std::make_shared<FileSink>(std::move(file));
    s.logger.sinks().push_back(s.extra);
    s.logger.set_pattern("%v");
}

void reopen()
{
    State const& s = state();
    if (!s.extra)
        return;
    auto file = open_guarded(s.settings.extra_file, extra_file_opening);
    if (!file)
        return warning("The log goes on in the file that is open: {}", file.error().message);
    s.extra->replace(*std::move(file));
}

bool enabled(Level level) { return state().logger.should_log(style(level).level); }

void write(Level level, std::string_view message, std::source_location where)
{
    State& s = state();
    auto const& look = style(level);
    std::string const head = fmt::format("[{} {} {} {}:{}]", look.letter, local_time(), s.settings.program,
                                         module_of(where.file_name()), where.line());
    std::string const indented = replace_all(std::string(message), "\n", "\n    ");
    std::string const line =
        s.coloured ? fmt::format("{}{}\033[m {}", look.colour, head, indented) : head + " " + indented;
    s.logger.log(look.level, "{}", line);
}

} // namespace jhub::log
