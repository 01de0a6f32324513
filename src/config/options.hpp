// The declarations of all options and classes. Everything else derives from them: command line, file loader, checks,
// help, sample file, reference page. Knows no values.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace jhub::config {

// How a value is accepted, from a file and from the command line (reference config.md §0).
enum class Type : std::uint8_t {
    text,        // str
    integer,     // int; an integral float is taken
    number,      // int or float
    boolean,     // True, False, 1, 0
    list,        // list of anything; a text is a list of one
    text_list,   // list of str
    text_set,    // set of str
    dictionary,  // dict with str keys
    command,     // list of str; a str is one argument, never split
    byte_size,   // int, or text with the suffix K, M, G or T
    url_prefix,  // str; slashes are added at both ends
    entry_point, // a class: registered name or dotted path
    hook,        // a Python function or None
    log_level,   // DEBUG … CRITICAL, or a number
    bytes,       // bytes, or str with hexadecimal digits
    any,         // as it is
};

// Bits of an option.
enum Trait : std::uint8_t {
    plain = 0,
    nullable = 1,      // None is a value of its own
    secret = 2,        // printed as [secret]
    hookable = 4,      // a Python function would do as well
    only_if_empty = 8, // replaced_by keeps its own value when it has one
    no_effect = 16,    // accepted, warned about, and not used
};

struct Option {
    std::string_view class_name;
    std::string_view name;
    Type type;
    std::string_view default_value; // a Python literal
    std::string_view help;
    std::uint8_t traits = plain;
    std::string_view replaced_by = {};      // "Class.name" of the option that took over; its value is copied there
    std::string_view deprecated_since = {}; // version that began to warn
    double minimum = std::numeric_limits<double>::lowest();
    double maximum = std::numeric_limits<double>::max();
    std::string_view choices = {}; // "debug|info|warn|error", compared without case

    [[nodiscard]] bool is(Trait trait) const { return (traits & trait) != 0; }
    [[nodiscard]] bool may_stay_in_python() const { return type == Type::hook || is(hookable); }
};

struct ClassInfo {
    std::string_view name;
    std::string_view base;        // its options apply here, too; empty at the root
    std::string_view group;       // "authenticator", "spawner", "proxy" or empty
    std::string_view entry_names; // "default|pam", compared without case
    std::string_view module;      // dotted path without the class name
    std::string_view help;
};

[[nodiscard]] std::span<ClassInfo const> all_classes();
[[nodiscard]] ClassInfo const* find_class(std::string_view name);
// The class and its bases, the class itself first; empty for an unknown class.
[[nodiscard]] std::vector<ClassInfo const*> lineage(std::string_view class_name);

// The options that a class declares itself, in the order of the tables.
[[nodiscard]] std::vector<Option const*> options_of(std::string_view class_name);
// The option called name of a class or of its nearest base that has it.
[[nodiscard]] Option const* find_option(std::string_view class_name, std::string_view name);
// All options of a class and its bases; where both declare a name, the class's own.
[[nodiscard]] std::vector<Option const*> all_options(std::string_view class_name);

// "pam", "PAM", "jupyterhub.auth.PAMAuthenticator" → the class; nullptr when it is not one of ours.
[[nodiscard]] ClassInfo const* find_entry_point(std::string_view group, std::string_view name_or_path);

} // namespace jhub::config
