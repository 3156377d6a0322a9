"""One library: a line of JSON for each token, answered with a line. A verifier for each issuer, kept for good."""

import importlib
import json
import sys

library = importlib.import_module(f"with_{sys.argv[1]}")
verifiers = {}

for line in sys.stdin:
    asked = json.loads(line)
    settings = (asked["issuer"], asked["audience"], asked["jwksUrl"], asked["algorithm"])
    try:
        if settings not in verifiers:
            verifiers[settings] = library.verifier(*settings)
        verifiers[settings](asked["token"])
        answer = {}
    except Exception as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
