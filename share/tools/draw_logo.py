#!/usr/bin/env python3
"""Draws the project's mark: a planet, an orbit and a moon. Writes images/jupyterhub-80.png, favicon.ico and docs art.

    draw_logo.py        (needs nothing but the standard library; the results are committed)
"""
import math
import pathlib
import struct
import zlib

STATIC = pathlib.Path(__file__).resolve().parent.parent / "jupyterhub" / "static"
PLANET, ORBIT, MOON = (29, 95, 191), (84, 132, 214), (240, 138, 36)
TILT = math.radians(-24)


def colour_at(x, y):
    """RGB at a point of the square [-1, 1]², or None where nothing is."""
    u, v = x * math.cos(TILT) + y * math.sin(TILT), -x * math.sin(TILT) + y * math.cos(TILT)
    if math.hypot(u - 0.86, v + 0.02) < 0.13:
        return MOON
    outer, inner = math.hypot(u / 0.97, v / 0.40), math.hypot(u / 0.85, v / 0.29)
    ring = outer <= 1 <= inner
    planet = math.hypot(x, y) < 0.58
    if ring and (v > 0 or not planet):  # the nearer half passes in front
        return ORBIT if not planet else (255, 255, 255)
    return PLANET if planet else None


def pixels(size, samples=4):
    """Rows of RGBA bytes, each pixel the mean of samples² points."""
    rows = []
    for j in range(size):
        row = bytearray()
        for i in range(size):
            hits = [c for a in range(samples) for b in range(samples)
                    if (c := colour_at(((i + (a + .5) / samples) / size) * 2 - 1, ((j + (b + .5) / samples) / size) * 2 - 1))]
            rgb = [round(sum(c[k] for c in hits) / len(hits)) for k in range(3)] if hits else [0, 0, 0]
            row += bytes([*rgb, round(255 * len(hits) / samples ** 2)])
        rows.append(bytes(row))
    return rows


def png(size):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    raw = b"".join(b"\0" + row for row in pixels(size))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", size, size, 8, 6, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(raw, 9)) + chunk(b"IEND", b""))


def icon(sizes):
    """An .ico file with one PNG for each size."""
    images = [png(size) for size in sizes]
    out, offset = struct.pack("<HHH", 0, 1, len(sizes)), 6 + 16 * len(sizes)
    for size, image in zip(sizes, images):
        out += struct.pack("<BBBBHHII", size, size, 0, 0, 1, 32, len(image), offset)
        offset += len(image)
    return out + b"".join(images)


(STATIC / "images").mkdir(parents=True, exist_ok=True)
(STATIC / "images" / "jupyterhub-80.png").write_bytes(png(80))
(STATIC / "favicon.ico").write_bytes(icon([16, 32, 48]))
