import json
import time
import urllib.request


class HeldKeys:
    """A JWKS by kid: fetched again after five minutes, and for a kid that is not in it once in half a minute."""

    def __init__(self, url, algorithm, read, max_age=300, cooldown=30):
        self.url, self.algorithm, self.read = url, algorithm, read
        self.max_age, self.cooldown = max_age, cooldown
        self.keys, self.fetched_at = {}, float("-inf")

    def get(self, kid):
        age = time.monotonic() - self.fetched_at
        if age > self.max_age or (kid not in self.keys and age > self.cooldown):
            self.fetch()
        return self.keys[kid]

    def fetch(self):
        with urllib.request.urlopen(self.url, timeout=5) as response:
            jwks = json.load(response)["keys"]
        # Only what this service takes: a set may hold keys of a type that the library does not know.
        self.keys = {jwk["kid"]: self.read(jwk) for jwk in jwks if jwk["alg"] == self.algorithm}
        self.fetched_at = time.monotonic()
