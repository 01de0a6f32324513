#include "http/writer.hpp"

#include <array>
#include <charconv>

#include "http/char_class.hpp"
#include "http/status.hpp"

namespace jhub::http {
namespace {

void append_version(std::string& out, int minor_version) { out += minor_version == 0 ? "HTTP/1.0" : "HTTP/1.1"; }

bool append_headers(std::string& out, Headers const& headers)
{
    for (Header const& header : headers)
        if (!append_header(out, header.name, header.value))
            return false;
    append_head_end(out);
    return true;
}

// All or nothing: a head cut off in the middle must not stay in the buffer.
bool keep_if(bool complete, std::string& out, std::size_t old_size)
{
    if (!complete)
        out.resize(old_size);
    return complete;
}

} // namespace

bool append_request_line(std::string& out, std::string_view method, std::string_view target, int minor_version)
{
    if (method.empty() || target.empty() || !chars::all(method, chars::token) || !chars::all(target, chars::target))
        return false;
    out += method;
    out += ' ';
    out += target;
    out += ' ';
    append_version(out, minor_version);
    out += "\r\n";
    return true;
}

bool append_status_line(std::string& out, int status, std::string_view reason, int minor_version)
{
    if (status < 100 || status > 999 || !chars::is_value(reason))
        return false;
    append_version(out, minor_version);
    out += ' ';
    std::array<char, 3> digits;
    std::to_chars(digits.data(), digits.data() + digits.size(), status);
    out.append(digits.data(), digits.size());
    out += ' ';
    out += reason.empty() ? reason_phrase(status) : reason;
    out += "\r\n";
    return true;
}

bool append_header(std::string& out, std::string_view name, std::string_view value)
{
    if (name.empty() || !chars::all(name, chars::token) || !chars::is_value(value))
        return false;
    out += name;
    out += ": ";
    out += value;
    out += "\r\n";
    return true;
}

bool append_request_head(std::string& out, RequestHead const& head)
{
    auto const old_size = out.size();
    return keep_if(append_request_line(out, head.method_text, head.target, head.minor_version) &&
                       append_headers(out, head.headers),
                   out, old_size);
}

bool append_response_head(std::string& out, ResponseHead const& head)
{
    auto const old_size = out.size();
    return keep_if(append_status_line(out, head.status, head.reason, head.minor_version) &&
                       append_headers(out, head.headers),
                   out, old_size);
}

} // namespace jhub::http
