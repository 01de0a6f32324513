// What root has settled before the first helper starts: whose requests it takes and what it may do for them. Made by
// the program that reads the configuration as root, kept by it or by its supervisor, and handed to each helper in a
// sealed file without a name; nothing of it comes from a hub that serves.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/descriptor.hpp"
#include "base/result.hpp"
#include "privileged/admission.hpp"

namespace jhub::privileged {

struct HubIdentity {
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
};

// A service of the configuration that runs under an account which need not be a person's: this command and no other.
struct FixedCommand {
    std::string user;
    std::vector<std::string> argv;
    std::string directory;
    std::vector<std::pair<std::string, std::string>> environment; // what the configuration sets
};

struct AccountNumber {
    std::string name;
    std::int64_t uid = 0;
};

// How accounts of the machine are made for people who have none (reference config.md §4).
struct AddAccount {
    std::vector<std::string> command{"adduser", "-q", "--gecos", "\"\"", "--disabled-password"};
    std::vector<AccountNumber> uids;
};

struct HelperPolicy {
    std::uint64_t open_files = 0; // soft limit that processes get; 0: the helper's own
    // Whose requests it takes and who the "own account" of requests is, when that is not the one the helper runs as: a
    // hub that gave up root. Everything below then holds; a hub that is root needs nobody's leave.
    std::optional<HubIdentity> hub;
    AdmissionRules admission;
    // Variables that make programs load others, which may be set: with any value, or with this one only.
    std::vector<std::string> variables;
    std::vector<std::pair<std::string, std::string>> fixed_variables;
    std::vector<std::string> programs; // the only ones that people's processes may be, whole paths; empty: any
    std::vector<FixedCommand> services;
    std::optional<AddAccount> add_account; // empty: no accounts are made
    // The only PAM services that are asked, for logins and for servers' sessions (empty: none): "su" believes whoever
    // asks as root. Whether a login has to find the account in order, too.
    std::string login_service = "login", session_service;
    bool check_account = true;
};

[[nodiscard]] std::string encode_policy(HelperPolicy const& policy);
// Errc::invalid_argument for anything else than encode_policy() makes.
[[nodiscard]] Result<HelperPolicy> decode_policy(std::string_view bytes);

// In a file that nobody can change any more, and back; 4 MiB at most. Errc::failed.
[[nodiscard]] Result<Descriptor> seal_policy(HelperPolicy const& policy);
[[nodiscard]] Result<HelperPolicy> read_policy(int file);

} // namespace jhub::privileged
