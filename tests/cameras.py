"""What Chromium's fake camera sees: a film of QR codes, one after the other, each held up for a while."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import segno

WIDTH, HEIGHT, FRAMES_A_SECOND = 640, 480, 5
HELD, BETWEEN = 10, 3  # frames
GREY, WHITE, BLACK = 96, 235, 16


def film(path: Path, texts: Sequence[str]) -> list[str]:
    """Write the film, uncompressed (Y4M), and return the options with which Chromium sees it as its camera."""
    colour = bytes([128]) * (WIDTH * HEIGHT // 2)
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{FRAMES_A_SECOND}:1 Ip A1:1 C420jpeg\n".encode())
        for text in texts:
            for brightness, frames in ((_held_up(text), HELD), (bytes([GREY]) * (WIDTH * HEIGHT), BETWEEN)):
                file.write((b"FRAME\n" + brightness + colour) * frames)
    return [
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={path}",
    ]


def _held_up(text: str) -> bytes:
    """One frame's brightness: the code with its quiet zone in the middle of a grey room."""
    modules = [list(row) for row in segno.make_qr(text, error="m").matrix_iter(border=4)]
    size = min(WIDTH, HEIGHT) // len(modules)
    left, top = (WIDTH - size * len(modules)) // 2, (HEIGHT - size * len(modules)) // 2
    picture = [bytes([GREY]) * WIDTH] * top
    for row in modules:
        code = b"".join(bytes([BLACK if dark else WHITE]) * size for dark in row)
        line = bytes([GREY]) * left + code
        picture += [line + bytes([GREY]) * (WIDTH - len(line))] * size
    picture += [bytes([GREY]) * WIDTH] * (HEIGHT - len(picture))
    return b"".join(picture)
