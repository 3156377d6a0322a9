"""What AWS knows of a request when it evaluates a policy, and MiniStack does not say. Its AUTH mode evaluates roles, key
policies and bucket policies, but leaves out the condition keys of KMS, of DynamoDB's items and of conditional writes:
without them no statement of ours would match. Each is as AWS documents it.
"""

import json

from ministack.core import iam_actions, iam_evaluator
from ministack.services import kms


def install():
    _add_to(iam_actions, "request_tag_context", lambda service, action, body, _params: {
        "kms": lambda: kms_keys(action, _json(body)),
        "dynamodb": lambda: dynamodb_keys(_json(body)),
    }.get(service, dict)())
    _add_to(iam_actions, "s3_service_context", lambda action, _query, _path="", headers=None:
            s3_keys(action, headers or {}))
    iam_evaluator._resolve_condition_key = _global_keys(iam_evaluator._resolve_condition_key)
    iam_actions.extract_resource_arn = _with_alias(iam_actions.extract_resource_arn)


def kms_keys(action, request):
    """https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html"""
    if action == "kms:CreateKey":
        return {
            "kms:KeySpec": request.get("KeySpec", "SYMMETRIC_DEFAULT"),
            "kms:KeyUsage": request.get("KeyUsage", "ENCRYPT_DECRYPT"),
            "kms:KeyOrigin": request.get("Origin", "AWS_KMS"),
            "kms:MultiRegion": _boolean(request.get("MultiRegion", False)),
            "kms:BypassPolicyLockoutSafetyCheck": _boolean(request.get("BypassPolicyLockoutSafetyCheck", False)),
        }
    key = kms._resolve_key(request.get("KeyId"))
    of_key = {"kms:KeyUsage": key["KeyUsage"]} if key else {}
    if action == "kms:Sign":
        return {
            **of_key,
            "kms:SigningAlgorithm": request.get("SigningAlgorithm", ""),
            "kms:MessageType": request.get("MessageType", "RAW"),
        }
    if action == "kms:ScheduleKeyDeletion":
        return {**of_key, "kms:ScheduleKeyDeletionPendingWindowInDays": str(request.get("PendingWindowInDays", 30))}
    return of_key


def dynamodb_keys(request):
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html: the partition key
    of every item that the request names. Ours is `issuer`."""
    item = request.get("Key") or request.get("Item") or {}
    value = next(iter(item.get("issuer", {}).values()), None)
    return {} if value is None else {"dynamodb:LeadingKeys": [value]}


def s3_keys(action, headers):
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html"""
    if action != "s3:PutObject":
        return {}
    return {f"s3:{name}": headers[name] for name in ("if-match", "if-none-match") if name in headers}


def _global_keys(resolve):
    def resolved(key, context):
        lower = key.lower()
        if lower == "aws:principalarn" and ":assumed-role/" in context.principal_arn:
            # "For IAM roles, the request context returns the ARN of the role, not the ARN of the user that assumed the
            # role." https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
            account, role = context.principal_arn.split(":")[4], context.principal_arn.split("/")[1]
            return f"arn:aws:iam::{account}:role/{role}"
        if lower == "aws:securetransport":
            # Every endpoint of AWS that is called here is TLS; loopback is not.
            return "true"
        return resolve(key, context)

    return resolved


def _with_alias(resource_arn):
    """An invocation with a Qualifier is one of the alias, not of the function."""

    def qualified(service, method, path, headers, body, query, *where):
        arn = resource_arn(service, method, path, headers, body, query, *where)
        [alias] = query.get("Qualifier") or [""]
        return f"{arn}:{alias}" if service == "lambda" and path.endswith("/invocations") and alias else arn

    return qualified


def _add_to(module, name, keys):
    original = getattr(module, name)

    def both(*args, **kwargs):
        return {**original(*args, **kwargs), **keys(*args, **kwargs)}

    setattr(module, name, both)


def _json(body):
    try:
        request = json.loads(body or b"{}")
    except ValueError:
        return {}
    return request if isinstance(request, dict) else {}


def _boolean(value):
    return "true" if value else "false"
