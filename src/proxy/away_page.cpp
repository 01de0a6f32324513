#include "proxy/away_page.hpp"

#include <fmt/format.h>

#include "base/strings.hpp"

namespace jhub::proxy {
namespace {

constexpr std::uint64_t shortest_wait = 4, spread = 4; // seconds

constexpr std::string_view page = R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark">
<meta http-equiv="refresh" content="{seconds}">
<title>Back in a moment</title>
<style>
:root {{ --back: #fff; --text: #212529; --soft: #565e64; --line: #dee2e6; --accent: #b85410; }}
@media (prefers-color-scheme: dark) {{ :root {{ --back: #16191d; --text: #e6e8ea; --soft: #a7b0b8; --line: #343a40; --accent: #f3a15f; }} }}
* {{ box-sizing: border-box }}
body {{ margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem; background: var(--back); color: var(--text);
  font: 1rem/1.6 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif }}
main {{ max-width: 32rem; width: 100%; padding: 2rem; border: 1px solid var(--line); border-top: 4px solid var(--accent); border-radius: .5rem }}
h1 {{ margin: 0 0 .75rem; font-size: 1.6rem; line-height: 1.25 }}
p {{ margin: 0 0 .75rem }}
.soft {{ margin: 0; color: var(--soft); font-size: .925rem }}
a {{ color: var(--accent) }}
a:focus-visible {{ outline: 3px solid var(--accent); outline-offset: 2px }}
.dots i {{ display: inline-block; width: .5rem; height: .5rem; margin-right: .3rem; border-radius: 50%; background: var(--accent);
  animation: breathe 1.5s ease-in-out infinite }}
.dots i:nth-child(2) {{ animation-delay: .25s }}
.dots i:nth-child(3) {{ animation-delay: .5s }}
@keyframes breathe {{ 0%, 100% {{ opacity: .25 }} 50% {{ opacity: 1 }} }}
@media (prefers-reduced-motion: reduce) {{ .dots i {{ animation: none }} }}
</style>
</head>
<body>
<main>
<h1>Back in a moment</h1>
<p>JupyterHub cannot be reached right now; it is probably being restarted.</p>
<p><strong>Notebooks go on.</strong> Servers that are running keep running, and what is open in another tab can be used meanwhile.</p>
{lost}<p class="dots" aria-hidden="true"><i></i><i></i><i></i></p>
<p class="soft">This page tries again by itself every few seconds. <a href="">Try again now</a></p>
</main>
</body>
</html>
)";

constexpr std::string_view lost =
    "<p>What you have just sent was not handled: send it again when this page is gone.</p>\n";

} // namespace

bool wants_page(std::string_view accept)
{
    for (auto const& part : split(accept, ','))
        if (equals_ignoring_case(trim(std::string_view(part).substr(0, part.find(';'))), "text/html"))
            return true;
    return false;
}

LocalReply away_page(http::Method method, std::uint64_t salt)
{
    std::string const seconds = std::to_string(shortest_wait + salt % spread);
    LocalReply reply{503, "text/html; charset=utf-8", "", {}};
    reply.body = fmt::format(page, fmt::arg("seconds", seconds),
                             fmt::arg("lost", method == http::Method::get ? std::string_view() : lost));
    reply.fields = {
        {"Retry-After", seconds},
        {"Cache-Control", "no-store"},
        {"Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"},
        {"X-Content-Type-Options", "nosniff"},
        {"Referrer-Policy", "same-origin"}};
    return reply;
}

LocalReply away_text(int status, std::uint64_t salt)
{
    LocalReply reply = plain_error(status);
    if (status == 503)
        reply.fields.emplace_back("Retry-After", std::to_string(shortest_wait + salt % spread));
    return reply;
}

} // namespace jhub::proxy
