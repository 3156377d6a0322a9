"""An API that wants a token, and one that brings it: GET /orders, and GET /checkout, which asks /orders."""
import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt
import urllib3

from keyturn_tokens import TokenSource

ISSUER, PORT = os.environ["ISSUER"], int(os.environ.get("PORT", "8080"))
keys = jwt.PyJWKClient(f"{ISSUER}/.well-known/jwks.json")
tokens = TokenSource(os.environ["SIGN_URL"], {"audience": "orders-api", "scope": "orders:read"})


class Service(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/checkout":
            headers = {"authorization": f"Bearer {tokens.get()}"}
            orders = urllib3.request("GET", f"http://localhost:{PORT}/orders", headers=headers, retries=False)
            return self.answer(orders.status, orders.json())
        if self.path != "/orders":
            return self.answer(404, {"detail": "there is nothing here"})
        try:
            return self.answer(200, {"orders": [], "asked by": self.claims()["sub"]})
        except jwt.PyJWTError as fault:
            return self.answer(401, {"detail": str(fault)})

    def claims(self):
        token = (self.headers["authorization"] or "").removeprefix("Bearer ")
        key = keys.get_signing_key_from_jwt(token)
        required = ["iss", "sub", "aud", "iat", "exp"]
        return jwt.decode(token, key, ["RS256"], audience="orders-api", issuer=ISSUER, options={"require": required})

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_):
        pass


ThreadingHTTPServer(("0.0.0.0", PORT), Service).serve_forever()
