"""Writes down what is asked of MiniStack by its functions, request by request as it arrived, and what MiniStack's own
evaluation has made of it: for the evaluation of test/iam, which has to say the same.
"""

import contextvars
import json
import os

from ministack.core import iam_evaluator

#: Whose credentials MiniStack makes for a function: `assumed-role/<role>/<session>`.
ROLE = ":assumed-role/"


def install():
    path = os.environ["KEYTURN_CALLS"]
    authenticate, evaluate, enforce = (getattr(iam_evaluator, name) for name in ("authenticate", "evaluate", "enforce"))
    arrived = contextvars.ContextVar("arrived", default=None)
    principals = []

    def authenticated(*args):
        # It is let go of as soon as its signature has been checked.
        arrived.set(iam_evaluator._signed_request.get() or arrived.get())
        return authenticate(*args)

    def evaluated(context, *policies):
        principals.append(context.principal_arn)
        return evaluate(context, *policies)

    def enforced(access_key_id, action, service, *where, **keys):
        principals.clear()
        denied = enforce(access_key_id, action, service, *where, **keys)
        request = arrived.get()
        if request and principals and ROLE in principals[0]:
            call = _call(principals[0], action, service, request)
            with open(path, "a", encoding="utf-8") as file:
                file.write(json.dumps({**call, "allowed": denied is None}) + "\n")
        return denied

    for name, wrapped in ("authenticate", authenticated), ("evaluate", evaluated), ("enforce", enforced):
        setattr(iam_evaluator, name, wrapped)


def _call(principal, action, service, request):
    return {
        "role": principal.split("/")[1],
        "action": action,
        "service": service,
        "method": request.method,
        "path": request.raw_path,
        "query": request.query_params,
        "headers": request.headers,
        # Of an object nothing is said that a policy could read.
        "body": "" if service == "s3" else request.body.decode("utf-8", "replace"),
    }
