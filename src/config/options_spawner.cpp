// Options of the spawners (reference config.md §2, §3).
#include "config/tables.hpp"

namespace jhub::config {
namespace {

using enum Type;

constexpr std::array options{
    Option{"Spawner", "ip", text, "'127.0.0.1'", "Address the server listens on; empty for all."},
    Option{"Spawner", "port", integer, "0", "Port the server listens on; 0 for a free one at each start.", plain, "",
           "", 0, 65535},
    Option{"Spawner", "cmd", command, "['jupyterhub-singleuser']",
           "Program of the server, and first arguments; one list element each.", nullable},
    Option{"Spawner", "args", text_list, "[]", "Arguments after cmd."},
    Option{"Spawner", "environment", dictionary, "{}",
           "Variables of the server's environment; they win over the hub's own.", hookable},
    Option{"Spawner", "env_keep", text_list, "['JUPYTERHUB_SINGLEUSER_APP']",
           "Variables that servers inherit from the hub."},
    Option{"Spawner", "notebook_dir", text, "''",
           "Root of the server's file view; {username} is filled in, ~ is the user's home."},
    Option{"Spawner", "default_url", text, "''",
           "Page at which the server opens, such as /lab; {username} is filled in."},
    Option{"Spawner", "disable_user_config", boolean, "False", "Servers ignore configuration in the user's home."},
    Option{"Spawner", "debug", boolean, "False", "Servers log more."},
    Option{"Spawner", "mem_limit", byte_size, "None",
           "Most memory of a server, in bytes or such as '1.5G'; the spawner must support it.", nullable},
    Option{"Spawner", "mem_guarantee", byte_size, "None", "Memory that a server has for certain.", nullable},
    Option{"Spawner", "cpu_limit", number, "None", "Most processors of a server; the spawner must support it.",
           nullable},
    Option{"Spawner", "cpu_guarantee", number, "None", "Processors that a server has for certain.", nullable},
    Option{"Spawner", "start_timeout", integer, "60", "Seconds within which a server must have been started."},
    Option{"Spawner", "http_timeout", integer, "30", "Seconds within which a started server must answer."},
    Option{"Spawner", "poll_interval", integer, "30",
           "Seconds between checks that a server runs; 0 or less for never."},
    Option{"Spawner", "poll_jitter", number, "0.1", "Random part of poll_interval, so that checks spread out.", plain,
           "", "", 0, 1},
    Option{"Spawner", "consecutive_failure_limit", integer, "0",
           "The hub ends after so many failed starts in a row; 0 for never."},
    Option{"Spawner", "options_form", text, "''", "HTML of a form that users fill in before a start.", hookable},
    Option{"Spawner", "options_from_form", text, "'passthrough'",
           "How the form becomes options: passthrough (lists of texts) or simple (single texts).", hookable, "", "",
           std::numeric_limits<double>::lowest(), std::numeric_limits<double>::max(), "passthrough|simple"},
    Option{"Spawner", "apply_user_options", dictionary, "None",
           "Which option of the spawner each field of the user's options sets.", nullable | hookable},
    Option{"Spawner", "group_overrides", dictionary, "{}",
           "Options for members of groups: {key: {'groups': [...], 'spawner_override': {name: value}}}.", hookable},
    Option{"Spawner", "pre_spawn_hook", hook, "None", "Python function called before a start."},
    Option{"Spawner", "post_stop_hook", hook, "None", "Python function called after a stop."},
    Option{"Spawner", "auth_state_hook", hook, "None",
           "Python function that gets the state of the login before a start."},
    Option{"Spawner", "progress_ready_hook", hook, "None",
           "Python function that may change the last event of a start."},
    Option{"Spawner", "oauth_client_allowed_scopes", text_list, "[]",
           "Scopes that the server may have in the name of its visitors.", hookable},
    Option{"Spawner", "oauth_roles", text_list, "[]",
           "Old form of oauth_client_allowed_scopes: names of roles; used when that is empty."},
    Option{"Spawner", "server_token_scopes", text_list, "[]",
           "Scopes of the server's own token; empty for those of the role server.", hookable},
    Option{"Spawner", "hub_connect_url", text, "None",
           "Address of the hub for the servers, when it differs from the hub's own.", nullable},
    Option{"Spawner", "ssl_alt_names", text_list, "[]",
           "Names of the server's certificate in internal TLS; empty for JupyterHub.trusted_alt_names."},
    Option{"Spawner", "ssl_alt_names_include_local", boolean, "True", "Add localhost to those names."},

    Option{"LocalProcessSpawner", "interrupt_timeout", integer, "10", "Seconds to wait after SIGINT before SIGTERM."},
    Option{"LocalProcessSpawner", "term_timeout", integer, "5", "Seconds to wait after SIGTERM before SIGKILL."},
    Option{"LocalProcessSpawner", "kill_timeout", integer, "5", "Seconds to wait after SIGKILL before giving up."},
    Option{"LocalProcessSpawner", "popen_kwargs", dictionary, "{}",
           "Has no effect: arguments of subprocess.Popen of Python, which the hub does not use.", no_effect},
    Option{"LocalProcessSpawner", "shell_cmd", command, "[]",
           "Shell in front of the command, such as ['bash', '-l', '-c']; the command becomes its one last argument."},
    Option{"LocalProcessSpawner", "env_keep", text_list,
           "['CONDA_DEFAULT_ENV', 'CONDA_ROOT', 'JUPYTERHUB_SINGLEUSER_APP', 'LANG', 'LC_ALL', 'LD_LIBRARY_PATH', "
           "'PATH', 'PYTHONPATH', 'VIRTUAL_ENV']",
           "Variables that servers inherit from the hub."},

    Option{"SimpleLocalProcessSpawner", "home_dir_template", text, "'/tmp/{username}'",
           "Home of each user, made when it is missing; {username} is filled in."},
};

} // namespace

std::span<Option const> spawner_options() { return options; }

} // namespace jhub::config
