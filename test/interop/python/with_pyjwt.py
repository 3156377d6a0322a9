import jwt


def verifier(issuer, audience, jwks_url, algorithm):
    # One for the whole process: it holds the keys.
    keys = jwt.PyJWKClient(jwks_url)

    def verify(token):
        key = keys.get_signing_key_from_jwt(token)
        required = ["exp", "iat", "iss", "aud"]
        return jwt.decode(
            token, key, algorithms=[algorithm], issuer=issuer, audience=audience, options={"require": required}
        )

    return verify
