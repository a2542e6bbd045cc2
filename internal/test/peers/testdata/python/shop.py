"""Answers a misspelt product, ?q=shrit, with the one that is meant."""

import http.server
import urllib.parse

import distance

PRODUCTS = ["shirt", "skirt", "shorts", "socks", "scarf"]


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query).get("q", [""])[0]
        meant = min(PRODUCTS, key=lambda product: distance.levenshtein(product, query))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(meant.encode())


if __name__ == "__main__":
    http.server.HTTPServer(("", 8080), Handler).serve_forever()
