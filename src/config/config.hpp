// The merged configuration: what was set, where, and the checked values. Filled by load(), read-only afterwards, so it
// may be shared between threads. Getters cannot fail after load(): types were checked for every class in use.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "config/options.hpp"

namespace jhub::config {

// Where a value was written.
struct Origin {
    enum class Kind : std::uint8_t { python_file, json_file, command_line, replaced_name };
    Kind kind = Kind::command_line;
    std::string file;                       // empty for the command line
    int line = 0;                           // 0 when unknown
    [[nodiscard]] std::string text() const; // "jupyterhub_config.py:12", "command line"
};

// One assignment as it was given: plain JSON with tags for what JSON lacks (value.hpp).
struct Setting {
    Json value;
    Origin origin;
    bool from_text = false; // command line: an array of texts that wait for the option's own parser
};

using Section = std::map<std::string, Setting, std::less<>>;
using Sections = std::map<std::string, Section, std::less<>>;

// A class that stays in Python.
struct PythonClass {
    std::string name;               // "package.module.Name"
    std::string at;                 // under which name the Python process finds it again
    std::vector<std::string> bases; // names of itself and its bases, itself first
};

class Config {
  public:
    // Only the declared defaults, built-in classes default. For tests and for generated text.
    Config();

    // The class in use for "authenticator", "spawner" or "proxy".
    [[nodiscard]] std::string const& active_class(std::string_view group) const;

    // True when the option was set for this class or one of its bases.
    [[nodiscard]] bool is_set(std::string_view class_name, std::string_view name) const;
    [[nodiscard]] std::optional<Origin> origin(std::string_view class_name, std::string_view name) const;

    // The checked value; sets are arrays without duplicates, byte sizes are integers, bytes are hexadecimal texts.
    // A base of a class in use gives the value of the class in use; a class that is not in use gives the default.
    [[nodiscard]] Json const& value(std::string_view class_name, std::string_view name) const;

    [[nodiscard]] std::string text(std::string_view class_name, std::string_view name) const; // None is ""
    [[nodiscard]] std::int64_t integer(std::string_view class_name, std::string_view name) const;
    [[nodiscard]] double number(std::string_view class_name, std::string_view name) const;
    [[nodiscard]] bool flag(std::string_view class_name, std::string_view name) const;
    [[nodiscard]] std::vector<std::string> list(std::string_view class_name, std::string_view name) const;
    [[nodiscard]] std::optional<std::int64_t> bytes(std::string_view class_name, std::string_view name) const;
    [[nodiscard]] std::optional<double> optional_number(std::string_view class_name, std::string_view name) const;

    // The value of an option in use as it was given, with what stays in Python as {"$live": …}; the getters above give
    // the plain part of it, or the default. nullptr when nothing of it stays in Python.
    [[nodiscard]] Json const* live(std::string_view class_name, std::string_view name) const;
    // "Spawner.pre_spawn_hook", "Spawner.environment": the options in use of which something stays in Python.
    [[nodiscard]] std::vector<std::string> live_options() const;
    // The class in use for "authenticator" or "spawner" when it is not one of ours; nullptr otherwise. active_class()
    // then is the nearest of its bases that is ours.
    [[nodiscard]] PythonClass const* python_class(std::string_view group) const;
    // All options of the class in use for a group: name → value, live ones as given.
    [[nodiscard]] Json all_values(std::string_view group) const;

    // What was set, as given; for --show-config.
    [[nodiscard]] Sections const& sections() const { return sections_; }

    // Replaces a checked value of a class in use, in a copy made for one server.
    void override_value(std::string_view class_name, std::string_view name, Json checked);

    // Takes over merged sections: finds the classes in use, copies replaced names, checks every value of the classes in
    // use. Warnings are appended; an error names option, value, file and line.
    [[nodiscard]] static Result<Config> check(Sections sections, std::vector<std::string>& warnings);

  private:
    using Values = std::map<std::string, Json, std::less<>>;
    using Origins = std::map<std::string, Origin, std::less<>>;
    [[nodiscard]] Result<> choose_classes(Sections const& sections, std::vector<std::string>& warnings);
    [[nodiscard]] ClassInfo const* choose_python_class(std::string const& group, Json const& value);
    void lower_python_sections(Sections& sections) const;
    [[nodiscard]] bool is_python(std::string_view class_name) const;
    [[nodiscard]] Result<> fill(std::string const& class_name, Sections const& sections,
                                std::vector<std::string>& warnings);
    [[nodiscard]] std::string stands_for(std::string_view class_name) const;

    Sections sections_;
    std::map<std::string, std::string, std::less<>> active_; // group → class
    std::map<std::string, PythonClass, std::less<>> python_; // group → class that is not ours
    std::map<std::string, Values, std::less<>> values_;      // class → name → checked value
    std::map<std::string, Values, std::less<>> live_;        // the same, of what stays in Python: as given
    std::map<std::string, Origins, std::less<>> origins_;    // class in use → name → where it was set
};

} // namespace jhub::config
