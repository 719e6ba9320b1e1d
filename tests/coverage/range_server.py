"""A web server with range requests, which Python's own does not know.

It is a process of its own, because pysam lets no other thread run while it waits.
"""

import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Ranges(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        path = Path(self.translate_path(self.path))
        wanted = self.headers.get("Range")
        if wanted is None or not path.is_file():
            super().do_GET()
            return
        first, _, last = wanted.removeprefix("bytes=").partition("-")
        data = path.read_bytes()
        piece = data[int(first) : int(last) + 1 if last else None]
        self.send_response(206)
        self.send_header("Content-Length", str(len(piece)))
        self.send_header("Content-Range", f"bytes {first}-{int(first) + len(piece) - 1}/{len(data)}")
        self.end_headers()
        self.wfile.write(piece)


if __name__ == "__main__":
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Ranges, directory=sys.argv[1])) as httpd:
        sys.stdout.write(f"{httpd.server_port}\n")
        sys.stdout.flush()
        httpd.serve_forever()
