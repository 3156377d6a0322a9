from authlib.jose import JsonWebKey, JsonWebToken
from held_keys import HeldKeys


def verifier(issuer, audience, jwks_url, algorithm):
    keys = HeldKeys(jwks_url, algorithm, JsonWebKey.import_key)
    tokens = JsonWebToken([algorithm])
    claims = {
        "iss": {"essential": True, "value": issuer},
        "aud": {"essential": True, "value": audience},
        "exp": {"essential": True},
    }

    def verify(token):
        decoded = tokens.decode(token, lambda header, _: keys.get(header["kid"]), claims_options=claims)
        decoded.validate()
        return decoded

    return verify
