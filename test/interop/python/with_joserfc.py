from held_keys import HeldKeys
from joserfc import jwk, jwt


def verifier(issuer, audience, jwks_url, algorithm):
    keys = HeldKeys(jwks_url, algorithm, jwk.import_key)
    claims = jwt.JWTClaimsRegistry(
        iss={"essential": True, "value": issuer},
        aud={"essential": True, "value": audience},
        exp={"essential": True},
    )

    def verify(token):
        decoded = jwt.decode(token, lambda signed: keys.get(signed.headers()["kid"]), algorithms=[algorithm])
        claims.validate(decoded.claims)
        return decoded.claims

    return verify
