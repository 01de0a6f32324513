"""The table and the picture of a comparison."""
from xml.sax.saxutils import escape

ORDER = ["this project", "nginx", "HAProxy", "npm"]
ROWS = [  # figure, how it is called, unit
    ("small 64: µs CPU", "small request, 64 connections", "µs CPU"),
    ("small 256: µs CPU", "small request, 256 connections", "µs CPU"),
    ("small 256: p99 ms", "99 % of those answered within", "ms"),
    ("body 10 MB: s CPU a GB", "download of 10 MB", "s CPU a GB"),
    ("body 100 MB: s CPU a GB", "download of 100 MB", "s CPU a GB"),
    ("WebSocket: µs CPU a message", "WebSocket message and its echo", "µs CPU"),
    ("idle WebSocket: KB", "idle WebSocket, 9,000 open", "KB"),
    ("idle WebSocket over TLS: KB", "idle WebSocket over TLS, 9,000 open", "KB"),
    ("TLS kept alive: µs CPU", "small request over TLS, 64 connections", "µs CPU"),
    ("TLS new connection: µs CPU", "new TLS 1.3 connection with a request", "µs CPU"),
    ("route added at 10,000: µs CPU", "route added to 10,000", "µs CPU"),
    ("100,000 routes: MB", "100,000 routes", "MB"),
]
PICTURE = [("small 64: µs CPU", "CPU for a small request"), ("body 100 MB: s CPU a GB", "CPU for a large download"),
           ("WebSocket: µs CPU a message", "CPU for a WebSocket message"), ("idle WebSocket: KB", "memory of an idle WebSocket")]
COLOURS = {"this project": "#f37726", "nginx": "#8aa39b", "HAProxy": "#7f8fa9", "npm": "#b3b3b3"}


def number(value):
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def table(figures):
    lines = ["| | unit | " + " | ".join(ORDER) + " |", "|---|---|" + "---:|" * len(ORDER)]
    for key, name, unit in ROWS:
        lines.append(f"| {name} | {unit} | " + " | ".join(number(figures.get(proxy, {}).get(key)) for proxy in ORDER) + " |")
    return "\n".join(lines) + "\n"


def picture(figures):
    """Bars for each question, the longest as wide as the picture: the shorter, the better."""
    width, left, bar, gap = 640, 96, 18, 6
    lines, y = [], 8
    for key, title in PICTURE:
        unit = next(unit for row, _, unit in ROWS if row == key)
        values = [(proxy, figures[proxy][key]) for proxy in ORDER if key in figures.get(proxy, {})]
        longest = max(value for _, value in values)
        y += 20
        lines.append(f'<text x="{left}" y="{y}" font-weight="bold">{escape(title)} ({escape(unit)})</text>')
        y += 8
        for proxy, value in values:
            length = max(2, value / longest * (width - left - 80))
            lines.append(f'<text x="{left - 8}" y="{y + 13}" text-anchor="end">{escape(proxy)}</text>')
            lines.append(f'<rect x="{left}" y="{y}" width="{length:.0f}" height="{bar}" fill="{COLOURS[proxy]}"/>')
            lines.append(f'<text x="{left + length + 6:.0f}" y="{y + 13}">{number(value)}</text>')
            y += bar + gap
    y += 10
    head = (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{y}" viewBox="0 0 {width} {y}" '
            'font-family="sans-serif" font-size="13">\n<rect width="100%" height="100%" fill="#ffffff"/>\n<g fill="#222222">')
    return "\n".join([head, *lines, "</g>", "</svg>", ""])


def write_report(figures, folder):
    (folder / "table.md").write_text(table(figures), encoding="utf-8")
    (folder / "speed.svg").write_text(picture(figures), encoding="utf-8")
    print(table(figures))
    for key, value in figures.get("this project", {}).items():
        if "workers: " in key or key.startswith("p99 with"):
            print(key, number(value))
