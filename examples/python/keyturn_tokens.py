"""Tokens of a Keyturn issuer, each kept for most of its life. Threads may share one source."""
import json
import threading
import time
from urllib.parse import urlsplit

import botocore.session
import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest


class TokenRefused(Exception):
    def __init__(self, status, code, detail):
        super().__init__(f"{code}: {detail}")
        self.status, self.code = status, code


class TokenSource:
    def __init__(self, url, request):
        self._url, self._body = url, json.dumps(request)
        self._session, self._http = botocore.session.get_session(), urllib3.PoolManager(timeout=5.0, retries=False)
        self._lock, self._token, self._renew_at, self._ends_at = threading.Lock(), None, 0.0, 0.0

    def get(self):
        with self._lock:  # One call at a time: whoever waited finds what the one before has brought.
            asked_at = time.time()
            if asked_at >= self._renew_at:
                try:
                    answer = self._ask()
                    # Counted on this machine's clock from when it was asked for, whatever the issuer's says.
                    life = answer["expiresAt"] - answer["issuedAt"]
                    self._token, self._renew_at, self._ends_at = answer["token"], asked_at + 0.7 * life, asked_at + 0.9 * life
                except Exception:
                    if time.time() >= self._ends_at:
                        raise
                    self._renew_at = min(asked_at + 5, self._ends_at)  # The old one is still good.
            return self._token

    def _ask(self):
        request = AWSRequest("POST", self._url, {"content-type": "application/json"}, self._body)
        if credentials := self._session.get_credentials():  # An issuer on this machine wants none.
            # The host of a function URL: ID.lambda-url.REGION.on.aws
            region = (urlsplit(self._url).hostname.split(".")[2:3] or ["us-east-1"])[0]
            SigV4Auth(credentials.get_frozen_credentials(), "lambda", region).add_auth(request)
        answer = self._http.request("POST", self._url, body=self._body, headers=dict(request.headers))
        body = answer.json() if "json" in answer.headers.get("content-type", "") else {}
        if answer.status != 200:  # Without a code it was AWS: IAM refused, or the account has reached a quota.
            raise TokenRefused(answer.status, body.get("code", str(answer.status)), body.get("detail", body.get("Message")))
        return body
