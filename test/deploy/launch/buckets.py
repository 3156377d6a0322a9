"""AWS::S3::Bucket as CloudFormation has it: with its tags, deleted only when it is empty, and adopted when it was retained."""

from contextvars import ContextVar

from ministack.services import s3
from ministack.services.cloudformation import changesets, provisioners

_adopted = ContextVar("adopted", default=frozenset())


def install():
    handlers = provisioners._RESOURCE_HANDLERS["AWS::S3::Bucket"]
    handlers["create"] = _tagged(handlers["create"])
    handlers["delete"] = _if_empty(handlers["delete"])
    changesets._deploy_stack_async = _adopting(changesets._deploy_stack_async)
    conflict = provisioners.s3_bucket_name_conflict
    provisioners.s3_bucket_name_conflict = lambda name: None if name in _adopted.get() else conflict(name)


def _tagged(create):
    """MiniStack drops the template's tags. CDK's custom resource empties a bucket only where one of them tells it to."""

    def created(logical_id, props, stack_name):
        name, attributes = create(logical_id, props, stack_name)
        s3._bucket_tags[name] = {tag["Key"]: tag["Value"] for tag in props.get("Tags", [])}
        return name, attributes

    return created


def _if_empty(delete):
    """ "You can only delete empty buckets. Deletion fails for buckets that have contents." MiniStack deletes them whole.
    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-s3-bucket.html
    """

    def deleted(name, props):
        if name in s3._buckets and (s3._buckets[name]["objects"] or s3._bucket_has_versions(name)):
            raise ValueError(f"The bucket you tried to delete is not empty. You must delete all versions in {name}.")
        return delete(name, props)

    return deleted


def _adopting(deploy):
    """`cdk deploy --import-existing-resources` adopts what was retained. MiniStack finds the bucket, and then refuses the
    deployment because there is a bucket of that name.
    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/import-resources-automatically.html
    """

    async def deployed(*args, imports=None, **kwargs):
        _adopted.set(frozenset(name for entry in (imports or {}).values() for name in entry.values()))
        return await deploy(*args, imports=imports, **kwargs)

    return deployed
