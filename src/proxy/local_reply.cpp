#include "proxy/local_reply.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>

#include <fmt/format.h>

#include "http/status.hpp"

namespace jhub::proxy {
namespace {

constexpr std::size_t largest_page = 1024 * 1024;

struct PageText {
    int status;
    std::string_view title;
    std::string_view line;
};

PageText page_text(int status)
{
    if (status == 404)
        return {404, "404: Not Found", "The page you asked for does not exist here."};
    if (status == 503)
        return {503, "503: Proxy Target Missing",
                "The server behind this address does not answer. It may be stopped, or still starting."};
    return {status, "Proxy Error", "The request could not be handled."};
}

std::optional<std::string> read_page(std::string const& file)
{
    std::error_code problem; // a directory cannot be read, and reading a pipe may take for ever
    if (!std::filesystem::is_regular_file(file, problem))
        return std::nullopt;
    std::ifstream in(file, std::ios::binary);
    if (!in)
        return std::nullopt;
    std::string text;
    text.assign(std::istreambuf_iterator<char>(in), {});
    if (text.size() > largest_page)
        return std::nullopt;
    return text;
}

} // namespace

void append_local_reply(std::string& out, LocalReply const& reply, bool head_only, Ending ending)
{
    out += fmt::format("HTTP/1.1 {} {}\r\n", reply.status, http::reason_phrase(reply.status));
    if (!reply.content_type.empty())
        out += fmt::format("Content-Type: {}\r\n", reply.content_type);
    for (auto const& [name, value] : reply.fields)
        out += fmt::format("{}: {}\r\n", name, value);
    if (reply.status != 204)
        out += fmt::format("Content-Length: {}\r\n", reply.body.size());
    out += ending == Ending::close ? "Connection: close\r\n\r\n" : "Connection: keep-alive\r\n\r\n";
    if (!head_only && reply.status != 204)
        out += reply.body;
}

LocalReply error_page(int status, std::string const& directory)
{
    std::vector<std::pair<std::string, std::string>> const fields(page_protection.begin(), page_protection.end());
    if (!directory.empty()) {
        for (auto const& name : {fmt::format("{}/{}.html", directory, status), directory + "/error.html"})
            if (auto page = read_page(name))
                return {status, "text/html", std::move(*page), fields};
        return plain_error(status);
    }
    auto const text = page_text(status);
    return {status, "text/html",
            fmt::format(
                "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>{0}</title></head>\n<body>\n"
                "<h1>{0}</h1>\n<p>{1}</p>\n<hr>\n<p>configurable-http-proxy</p>\n</body>\n</html>\n",
                text.status == 404 || text.status == 503 ? std::string(text.title)
                                                         : fmt::format("{}: {}", status, text.title),
                text.line),
            fields};
}

LocalReply plain_error(int status, std::string_view explanation)
{
    std::string body(http::reason_phrase(status));
    if (!explanation.empty())
        body += fmt::format(": {}", explanation);
    return {status, "text/plain", std::move(body), {}};
}

} // namespace jhub::proxy
