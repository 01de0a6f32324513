#include "python/host.hpp"

#include <unistd.h>

#include <array>
#include <utility>

#include <fmt/format.h>

#include "base/strings.hpp"
#include "python/child.hpp"
#include "python/embedded.hpp"
#include "python/interpreter_trust.hpp"

namespace jhub::python {
namespace {

// Those of the interpreter's variables, which it does not look at itself when isolated, that change nothing about whose
// code runs.
constexpr std::array harmless_variables{std::pair("PYTHONDONTWRITEBYTECODE", "-B"),
                                        std::pair("PYTHONUNBUFFERED", "-u")};

std::string variable(Environment const& environment, std::string_view name)
{
    auto const found = environment.find(name);
    return found == environment.end() ? std::string{} : found->second;
}

// The first program called name in a PATH; "" when there is none.
std::string find_in_path(std::string_view path, std::string_view name)
{
    for (auto const& folder : split(path, ':')) {
        std::string const candidate = fmt::format("{}/{}", folder.empty() ? "." : folder, name);
        if (access(candidate.c_str(), X_OK) == 0)
            return candidate;
    }
    return {};
}

} // namespace

std::string evaluation_request(std::string const& file)
{
    Json modules = Json::array();
    for (auto const& module : embedded_modules())
        if (module.name != "bootstrap" && module.name != "guard")
            modules.push_back(Json::array({module.name, module.source}));
    Json const request{{"modules", modules}, {"file", file}};
    return request.dump(-1, ' ', true, Json::error_handler_t::replace) + "\n";
}

Result<std::string> find_interpreter(Environment const& environment)
{
    if (auto const chosen = variable(environment, "JUPYTERHUB_PYTHON"); !chosen.empty()) {
        auto const found = chosen.contains('/') ? chosen : find_in_path(variable(environment, "PATH"), chosen);
        if (!found.empty() && access(found.c_str(), X_OK) == 0)
            return found;
        return fail(Errc::not_found, fmt::format("JUPYTERHUB_PYTHON={} is not a program", printable(chosen)));
    }
    std::string const usual = "/usr/bin/python3";
    if (access(usual.c_str(), X_OK) == 0)
        return usual;
    if (auto const found = find_in_path(variable(environment, "PATH"), "python3"); !found.empty())
        return found;
    return fail(Errc::not_found,
                "Python is needed to read a .py configuration file, and there is no python3 in /usr/bin "
                "or PATH. Install it, name it in JUPYTERHUB_PYTHON, or use jupyterhub_config.json");
}

std::string settled_request(std::string const& file, Json const& greeting)
{
    return evaluation_request(file) + greeting.dump(-1, ' ', true, Json::error_handler_t::replace) + "\n";
}

Result<InterpreterCommand> interpreter_command(Environment const& environment, Trust trust)
{
    TRY(auto const interpreter, find_interpreter(environment));
    if (trust == Trust::if_only_root_can_change_it)
        CHECK(check_interpreter(interpreter, environment));
    InterpreterCommand command{.words = {interpreter, "-I", "-S"}, .variables = {}};
    for (auto const& [name, value] : environment)
        command.variables.push_back(fmt::format("{}={}", name, value));
    for (auto const& [name, flag] : harmless_variables)
        if (!variable(environment, name).empty())
            command.words.emplace_back(flag);
    auto const& modules = embedded_modules();
    command.words.insert(command.words.end(), {"-c", modules.back().source, modules.front().source,
                                               trust == Trust::if_only_root_can_change_it ? "check" : "trust"});
    return command;
}

Result<Child> start_interpreter(Environment const& environment, Trust trust)
{
    TRY(auto const command, interpreter_command(environment, trust));
    return Child::start(command.words, command.variables);
}

Result<Json> evaluate_config(std::string const& file, Environment const& environment, Limits limits, Trust trust)
{
    TRY(auto evaluation, evaluate(file, environment, limits, trust));
    return std::move(evaluation.answer);
}

Result<Evaluation> evaluate(std::string const& file, Environment const& environment, Limits limits, Trust trust)
{
    TRY(auto child, start_interpreter(environment, trust));
    auto const deadline = std::chrono::steady_clock::now() + limits.evaluation;
    auto const sent = child.send(evaluation_request(file), deadline);
    auto line =
        sent ? child.receive_line(deadline, limits.answer_bytes) : Result<std::string>(std::unexpected(sent.error()));
    if (line) {
        TRY(auto answer, parse_json(*line, 200));
        bool const live = answer.value("live", false);
        return Evaluation{std::move(answer), live ? std::optional(std::move(child)) : std::nullopt};
    }
    auto const ending = child.end();
    if (line.error().code == Errc::timeout)
        return fail(Errc::timeout,
                    fmt::format("{} did not finish within {} seconds; the Python process was killed", file,
                                std::chrono::duration_cast<std::chrono::seconds>(limits.evaluation).count()));
    if (line.error().code == Errc::too_large)
        return fail(Errc::too_large, fmt::format("{}: {}", file, line.error().message));
    return fail(Errc::failed, fmt::format("Python ended while it evaluated {} ({})", file, ending));
}

} // namespace jhub::python
