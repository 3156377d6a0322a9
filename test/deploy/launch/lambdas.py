"""What Lambda tells a handler, and what it says of one that throws."""

import threading

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

_thrown = threading.local()


def install():
    lambda_runtime._NODEJS_WORKER_SCRIPT = _naming_errors(lambda_runtime._NODEJS_WORKER_SCRIPT)
    lambda_runtime.Worker.invoke = _remembering(lambda_runtime.Worker.invoke)
    lambda_svc._execute_function_warm = _with_error_type(lambda_svc._execute_function_warm)
    lambda_svc._get_func_record_for_ref = _with_alias(lambda_svc._get_func_record_for_ref)


def _with_alias(lookup):
    """`invokedFunctionArn` "indicates if the invoker specified a version number or alias", at a function URL too, where
    MiniStack gives the version behind the alias. By Invoke it is right.
    https://docs.aws.amazon.com/lambda/latest/dg/nodejs-context.html
    """

    def found(reference):
        record, config, name = lookup(reference)
        _, alias = lambda_svc._resolve_name_and_qualifier(reference)
        if config and alias:
            config = {**config, "FunctionArn": f"{lambda_svc._func_arn(name)}:{alias}"}
        return record, config, name

    return found


def _naming_errors(script):
    """`errorType` is the name of the error that was thrown, where MiniStack says Runtime.HandlerError of every one; ours
    carry their code there. https://docs.aws.amazon.com/lambda/latest/dg/nodejs-exceptions.html
    """
    for error, said in ("err", 'trace: err.stack || ""'), ("e", "error: e.message, trace: e.stack"):
        if said not in script:
            raise RuntimeError(f"the worker of this MiniStack does not say {said!r}: has it learned errorType?")
        script = script.replace(said, f"{said}, name: {error}.name")
    return script


def _remembering(invoke):
    def invoked(self, *args, **kwargs):
        result = invoke(self, *args, **kwargs)
        _thrown.name = result.get("name")
        return result

    return invoked


def _with_error_type(execute):
    def executed(*args):
        _thrown.name = None
        result = execute(*args)
        if result.get("error") and _thrown.name:
            result["body"]["errorType"] = _thrown.name
        return result

    return executed
