"""moto's server, with what KMS does and this release does not: a key can be named by its ARN everywhere, and GetPublicKey
answers with the ARN and the KeySpec. https://docs.aws.amazon.com/kms/latest/APIReference/API_GetPublicKey.html
"""

import json

import parent

from moto import server
from moto.kms.models import KmsBackend
from moto.kms.responses import KmsResponse


def by_arn(operation):
    return lambda self, key_id, *more: operation(self, self.get_key_id(key_id), *more)


def complete(operation):
    def answered(self):
        answer = json.loads(operation(self))
        key = self.kms_backend.keys[answer["KeyId"]]
        return json.dumps({**answer, "KeyId": key.arn, "KeySpec": key.key_spec})

    return answered


KmsBackend.disable_key = by_arn(KmsBackend.disable_key)
KmsBackend.schedule_key_deletion = by_arn(KmsBackend.schedule_key_deletion)
KmsResponse.get_public_key = complete(KmsResponse.get_public_key)

parent.end_with_parent()
server.main()
