// The template engine as the hub sees it: load every template once at start-up, then render them by name.
// Compatible with Jinja2 3.1 as far as docs/reference/templates.md says; autoescape is on. Knows nothing of HTTP.
// Not thread-safe: one environment belongs to one thread.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "jinja/value.hpp"

namespace jhub::jinja {

// Where templates come from. "login.html" is looked for in each search path, then among the shipped ones;
// "templates/login.html" is always the shipped one, so that an override can extend what it overrides.
struct Loader {
    std::vector<std::filesystem::path> search_paths;
    std::vector<std::string> shipped_names;                                        // parsed at start-up as well
    std::function<std::optional<std::string_view>(std::string_view name)> shipped; // source, valid for ever
};

// The members of Jinja2's Environment that sites set through jinja_environment_options.
struct Options {
    bool trim_blocks = false;
    bool lstrip_blocks = false;
    bool keep_trailing_newline = false;
    bool autoescape = true;
};

class Template; // internal
class Renderer; // internal

class Environment {
  public:
    // Reads and parses every *.html file of the search paths and every shipped template. The first mistake is
    // reported as "FILE:LINE: what is wrong".
    static Result<std::unique_ptr<Environment>> load(Loader loader, Options options = {});

    Environment(Loader loader, Options options);
    ~Environment();
    Environment(Environment const&) = delete;
    Environment& operator=(Environment const&) = delete;

    // A variable of every template, also seen by imported ones.
    void set_global(std::string name, Value value);

    // True if a template of that name exists (such as "403.html").
    [[nodiscard]] bool has(std::string_view name);

    // Errc::not_found for an unknown template, Errc::failed with "FILE:LINE: …" for a mistake while rendering.
    [[nodiscard]] Result<std::string> render(std::string_view name, Dict const& context);

    // Renders text that is itself a template (an authenticator's custom_html); name is for messages. Parsed anew
    // each time.
    [[nodiscard]] Result<std::string> render_text(std::string_view name, std::string_view source, Dict const& context);

  private:
    friend class Renderer;
    Template const* find(std::string_view name); // parsed at most once; nullptr: no such template
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace jhub::jinja
