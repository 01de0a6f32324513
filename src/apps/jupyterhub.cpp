// The hub's program: reads the command line and the configuration, starts the privileged helper before anything else,
// then serves until it is told to leave. Exit codes: reference cli.md §1.8.
#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cstdio>
#include <memory>

#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include "base/descriptor.hpp"
#include "base/guarded_file.hpp"
#include "base/log.hpp"
#include "base/log_file.hpp"
#include "config/load.hpp"
#include "config/settings.hpp"
#include "hub/core/hub.hpp"
#include "hub/startup/give_up_root.hpp"
#include "hub/startup/make_helper_policy.hpp"
#include "hub/startup/opened.hpp"
#include "hub/startup/parts.hpp"
#include "hub/startup/python_account.hpp"
#include "hub/startup/serve.hpp"
#include "hub/startup/signals.hpp"
#include "hub/startup/start_python.hpp"
#include "hub/startup/token_command.hpp"
#include "privileged/helper.hpp"
#include "python/host.hpp"

namespace {

using namespace jhub;

// Sockets must never get the numbers 0 to 2: something would print into them.
void open_standard_streams()
{
    int descriptor = ::open("/dev/null", O_RDWR);
    while (descriptor >= 0 && descriptor <= STDERR_FILENO)
        descriptor = ::dup(descriptor);
    if (descriptor > STDERR_FILENO)
        ::close(descriptor);
}

log::Level level_of(int python_level)
{
    if (python_level <= 10)
        return log::Level::debug;
    if (python_level <= 20)
        return log::Level::info;
    if (python_level <= 30)
        return log::Level::warning;
    return python_level <= 40 ? log::Level::error : log::Level::critical;
}

// The pid file of a running hub; removed by an orderly end only, as upstream does.
Result<> write_pid_file(std::string const& path, Account const& hub)
{
    if (path.empty())
        return {};
    Opening const opening{Opening::Access::read_and_write, Opening::Missing::is_made, 0644,
                          Opening::OfRoot::is_replaced};
    auto const file = open_guarded(path, opening, hub);
    if (!file)
        return fail(Errc::failed, "c.JupyterHub.pid_file: " + file.error().message);
    return replace_content(*file, std::to_string(::getpid()), path);
}

Result<> write_log_file(std::string const& path, Account const& hub)
{
    if (path.empty())
        return {};
    auto file = open_guarded(path, log::extra_file_opening, hub);
    if (!file)
        return fail(Errc::failed, "c.JupyterHub.extra_log_file: " + file.error().message);
    log::copy_to(*std::move(file));
    return {};
}

int report(Error const& error)
{
    log::critical("{}{}", error.message, error.detail.empty() ? "" : " (" + error.detail + ")");
    return 1;
}

int upgrade_database(hub::ServeInput const& input)
{
    auto const upgraded = hub::upgrade_database(input.settings.hub);
    return upgraded ? 0 : report(upgraded.error());
}

// What takes root happens here, before the first thread and the first connection: docs/decisions/0009.
int serve(hub::ServeInput input)
{
    hub::ignore_early_signals();
    std::string const pid_file = input.settings.hub.pid_file;
    auto const account = hub::choose_account(input.settings, input.environment);
    if (!account)
        return report(account.error());
    if (auto const written = write_pid_file(pid_file, *account ? privileged::numbers_of(**account) : this_account());
        !written)
        return report(written.error());
    if (input.interpreter) {
        auto const runs_as = hub::choose_python_account(input.settings, *account, input.not_as_root);
        if (!runs_as)
            return report(runs_as.error());
        if (auto const settled = hub::settle_python(input, *runs_as, *account); !settled)
            return report(settled.error());
    }
    auto const policy = hub::make_helper_policy(input.settings, input.environment); // a Python class had its say
    if (!policy)
        return report(policy.error());
    std::unique_ptr<privileged::Supervisor> supervisor;
    if (*account) {
        auto program = hub::python_program(input);
        if (!program)
            return report(program.error());
        auto launched = hub::give_up_root(input.settings, **account, *policy, *std::move(program));
        if (!launched)
            return report(launched.error());
        supervisor = *std::move(launched);
    }
    hub::ServingLoop io;
    auto helper = privileged::Helper::launch(io.get_executor(), {.supervisor = supervisor.get(), .policy = *policy});
    if (!helper)
        return report(helper.error());
    if (auto const served = hub::serve(io, **helper, supervisor.get(), std::move(input)); !served)
        return report(served.error());
    if (!pid_file.empty())
        (void)remove_guarded(pid_file);
    if (supervisor)
        supervisor->remove_hub_pid_file(); // it may lie where this account can remove nothing
    return 0;
}

int run_hub(config::Loaded const& loaded, hub::ServeInput input)
{
    auto const mode = loaded.command_line.mode;
    if (mode == config::Mode::run)
        return serve(std::move(input));
    if (mode == config::Mode::generate_certs)
        return report({Errc::invalid_argument, "--generate-certs: internal TLS is not supported yet.", ""});
    if (auto const ready = hub::act_as_the_hub(input.settings, input.environment); !ready)
        return report(ready.error());
    if (mode == config::Mode::upgrade_db)
        return upgrade_database(input);
    if (mode == config::Mode::show_config || mode == config::Mode::show_config_json) {
        boost::asio::io_context io(1);
        if (auto const checked = hub::check_start(io, input); !checked)
            return report(checked.error());
        fmt::print("{}", mode == config::Mode::show_config ? config::show_config(loaded.config)
                                                           : config::show_config_json(loaded.config));
        return 0;
    }
    return 1; // there are no other modes
}

int run(int argc, char** argv)
{
    auto const environment = config::process_environment();
    std::shared_ptr<python::Child> interpreter; // when something of the configuration stays in Python
    std::string evaluated, not_as_root;
    Trust trusted = Trust::if_only_root_can_change_it;
    auto const read_python = [&](std::string const& file, config::Environment const& variables,
                                 Trust trust) -> Result<Json> {
        TRY(auto evaluation, python::evaluate(file, variables, {}, trust));
        evaluated = file;
        trusted = trust;
        not_as_root = evaluation.answer.value("not_as_root", "");
        if (evaluation.interpreter)
            interpreter = std::make_shared<python::Child>(*std::move(evaluation.interpreter));
        return std::move(evaluation.answer);
    };
    auto result = config::load(argc, argv, environment, read_python);
    if (auto const* const exit = std::get_if<config::Exit>(&result)) {
        fmt::print(stdout, "{}", exit->out);
        fmt::print(stderr, "{}", exit->err);
        return exit->code;
    }
    auto& loaded = std::get<config::Loaded>(result);
    auto warnings = loaded.warnings;
    auto settings = config::make_settings(loaded.config, environment, warnings);
    if (!settings) {
        fmt::print(stderr, "{}\n", settings.error().message);
        return 1;
    }
    log::configure({.level = level_of(settings->hub.log_level), .extra_file = settings->hub.extra_log_file});
    auto const owner = hub::owner_of_files(*settings);
    if (!owner)
        return report(owner.error());
    if (auto const written = write_log_file(settings->hub.extra_log_file, *owner); !written)
        return report(written.error());
    for (auto const& warning : warnings)
        log::warning("{}", warning);
    if (settings->python.empty())
        interpreter.reset(); // nothing in use is alive; and later this process may not be allowed to end it
    hub::ServeInput input{
        *std::move(settings), hub::allow_options(loaded), environment, std::move(interpreter), evaluated, trusted,
        not_as_root};
    if (loaded.command_line.mode == config::Mode::token)
        return hub::run_token_command(input, loaded.command_line.positional);
    log::info("Running JupyterHub version {}", hub::jupyterhub_version);
    return run_hub(loaded, std::move(input));
}

} // namespace

int main(int argc, char** argv)
{
    open_standard_streams();
    ::prctl(PR_SET_DUMPABLE, 0); // secrets in memory are nobody else's, also not of processes with the same uid
    try {
        return run(argc, argv);
    } catch (std::exception const& problem) {
        fmt::print(stderr, "jupyterhub ended because of an internal error: {}\n", problem.what());
        return 1;
    }
}
