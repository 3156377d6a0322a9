"""`cdk deploy --import-existing-resources` adopts a bucket that outlived its stack. MiniStack finds the bucket, and then
refuses the deployment because there is a bucket of that name.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/import-resources-automatically.html
"""

from contextvars import ContextVar

from ministack.services.cloudformation import changesets, provisioners

_imported = ContextVar("imported", default=frozenset())


def install():
    deploy = changesets._deploy_stack_async
    conflict = provisioners.s3_bucket_name_conflict

    async def deployed(*args, imports=None, **kwargs):
        _imported.set(frozenset(name for entry in (imports or {}).values() for name in entry.values()))
        return await deploy(*args, imports=imports, **kwargs)

    changesets._deploy_stack_async = deployed
    provisioners.s3_bucket_name_conflict = lambda name: None if name in _imported.get() else conflict(name)
