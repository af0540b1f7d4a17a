"""What Lighthouse says of the landing page and a lesson, on a desk and on a phone it imitates.

Lighthouse comes from npm at the time of the measurement, through Node's ``npx``; it asks no other
host. Pages are sent compressed, as hosts do.
"""

import gzip
import http.server
import json
import os
import shlex
import shutil
import statistics
import subprocess
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks.building import build
from benchmarks.measures import Measure
from benchmarks.reading import ROOT, browser

VERSION = "12.8.2"
# Page, then the least score for performance on a desk and on a phone.
LEAST = {"index.html": (0.95, 0.8), "chapters/03_initialization_variance.html": (0.9, 0.7)}
RUNS = 3


class _Compressed(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            self.send_error(404)
            return
        body = gzip.compress(path.read_bytes(), 6)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        pass


def measure() -> Iterator[Measure]:
    """Yield each page's scores, the median of a few runs."""
    if shutil.which("npx") is None:
        raise RuntimeError("Lighthouse is run by Node's npx, which is not there: install Node")
    build()
    handler = partial(_Compressed, directory=str(ROOT / "_build" / "html"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for page, least in LEAST.items():
            address = f"http://127.0.0.1:{server.server_port}/{page}"
            for kind, bound in zip(("desk", "phone"), least, strict=True):
                scores = [_scores(address, kind) for _ in range(RUNS)]
                for category in scores[0]:
                    score = statistics.median(each[category] for each in scores)
                    most = bound if category == "performance" else 1.0
                    name = f"{page} on a {kind}: Lighthouse, {category}"
                    yield Measure(name, score, most, at_least=True)
        server.shutdown()


def _scores(address: str, kind: str) -> dict[str, float]:
    path, flags = browser()
    command = ["npx", "--yes", f"lighthouse@{VERSION}", address, "--quiet", "--output=json"]
    command.append(f"--chrome-flags={shlex.join(['--headless', *flags])}")
    if kind == "desk":
        command.append("--preset=desktop")
    environment = os.environ | {"CHROME_PATH": path}
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    categories = json.loads(done.stdout)["categories"]
    return {name: category["score"] for name, category in categories.items()}
