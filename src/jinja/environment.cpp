// Finding, loading and rendering templates.
#include "jinja/environment.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <system_error>

#include "base/strings.hpp"
#include "jinja/environment_state.hpp"
#include "jinja/failure.hpp"
#include "jinja/frame.hpp"
#include "jinja/globals.hpp"
#include "jinja/limits.hpp"

namespace jhub::jinja {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view shipped_prefix = "templates/";

Error to_error(Failure const& failure) { return {failure.code, failure.what(), {}}; }

// Names come from templates and from the hub: a relative path that stays below its directory.
bool is_safe_name(std::string_view name)
{
    if (name.empty() || name.contains('\0') || name.contains('\\') || name.starts_with('/'))
        return false;
    return std::ranges::none_of(split(name, '/'), [](std::string const& part) { return part.empty() || part == ".."; });
}

std::optional<std::string> read_file(fs::path const& path)
{
    std::error_code error;
    if (!fs::is_regular_file(path, error))
        return std::nullopt;
    auto const size = fs::file_size(path, error);
    std::ifstream file(path, std::ios::binary);
    if (error || !file)
        give_up("{}: cannot be read", path.string());
    if (size > max_text_bytes)
        give_up("{}: is larger than {} bytes", path.string(), max_text_bytes);
    std::ostringstream text;
    text << file.rdbuf();
    return std::move(text).str();
}

// The *.html files below a directory, as template names.
std::vector<std::string> template_names(fs::path const& directory)
{
    constexpr std::size_t max_files = 2000;
    std::vector<std::string> names;
    std::error_code error;
    fs::recursive_directory_iterator walk(directory, fs::directory_options::skip_permission_denied, error);
    for (; !error && walk != fs::recursive_directory_iterator(); walk.increment(error)) {
        if (walk->path().extension() == ".html" && walk->is_regular_file(error))
            names.push_back(walk->path().lexically_relative(directory).generic_string());
        if (names.size() > max_files)
            give_up("{}: more than {} templates", directory.string(), max_files);
    }
    std::ranges::sort(names);
    return names;
}

} // namespace

Environment::Environment(Loader loader, Options options)
    : state_(std::make_unique<State>(State{std::move(loader), options, {}, {}, {}}))
{
    for (auto const& [name, value] : built_in_globals())
        set_global(std::string(name), value);
}

Environment::~Environment() = default;

Result<std::unique_ptr<Environment>> Environment::load(Loader loader, Options options)
{
    auto environment = std::make_unique<Environment>(std::move(loader), options);
    Loader const& from = environment->state_->loader;
    try {
        for (std::string const& name : from.shipped_names)
            environment->find(std::string(shipped_prefix) + name);
        for (fs::path const& directory : from.search_paths)
            for (std::string const& name : template_names(directory))
                environment->find(name);
        for (std::string const& name : from.shipped_names)
            environment->find(name);
    } catch (Failure const& failure) {
        return std::unexpected(to_error(failure));
    }
    return environment;
}

void Environment::set_global(std::string name, Value value)
{
    Symbol const symbol = state_->symbols.intern(name);
    if (state_->globals.size() <= symbol)
        state_->globals.resize(symbol + 1);
    state_->globals[symbol] = std::move(value);
}

Template const* Environment::find(std::string_view name)
{
    if (auto const known = state_->templates.find(name); known != state_->templates.end())
        return known->second.get();
    if (!is_safe_name(name))
        return nullptr;

    std::unique_ptr<Template> parsed;
    bool const only_shipped = name.starts_with(shipped_prefix);
    std::string_view const shipped_name = only_shipped ? name.substr(shipped_prefix.size()) : name;
    auto const source = state_->loader.shipped ? state_->loader.shipped(shipped_name) : std::nullopt;
    if (only_shipped && source)
        parsed = parse(name, *source, state_->options, state_->symbols);
    for (fs::path const& directory : state_->loader.search_paths) {
        if (parsed)
            break;
        fs::path const path = directory / name;
        if (auto const text = read_file(path))
            parsed = parse(path.string(), *text, state_->options, state_->symbols);
    }
    if (!parsed && source)
        parsed = parse(name, *source, state_->options, state_->symbols);
    // What is missing is not remembered: the names may come from outside, and a file may appear.
    if (!parsed)
        return nullptr;
    return state_->templates.emplace(std::string(name), std::move(parsed)).first->second.get();
}

bool Environment::has(std::string_view name)
{
    try {
        return find(name) != nullptr;
    } catch (Failure const&) {
        return true; // there, but broken: rendering it tells how
    }
}

Result<std::string> Environment::render(std::string_view name, Dict const& context)
{
    try {
        Template const* root = find(name);
        if (!root)
            return fail(Errc::not_found, fmt::format("no such template: {}", name));
        std::string out;
        out.reserve(16 * 1024);
        Renderer(*this, state_->options, state_->symbols, state_->globals, context).render(*root, out);
        return out;
    } catch (Failure const& failure) {
        return std::unexpected(to_error(failure));
    }
}

Result<std::string> Environment::render_text(std::string_view name, std::string_view source, Dict const& context)
{
    try {
        auto const root = parse(name, source, state_->options, state_->symbols);
        std::string out;
        Renderer(*this, state_->options, state_->symbols, state_->globals, context).render(*root, out);
        return out;
    } catch (Failure const& failure) {
        return std::unexpected(to_error(failure));
    }
}

} // namespace jhub::jinja
