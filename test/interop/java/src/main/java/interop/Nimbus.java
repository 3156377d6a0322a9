package interop;

import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.proc.DefaultJOSEObjectTypeVerifier;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.proc.DefaultJWTClaimsVerifier;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import java.net.URI;
import java.util.Set;

final class Nimbus {
  static Verifier verifier(Settings settings) throws Exception {
    // Fetches on the first use, every five minutes, and for an unknown kid: at most twice in half a minute.
    var keys = JWKSourceBuilder.<SecurityContext>create(URI.create(settings.jwksUrl()).toURL()).build();
    var processor = new DefaultJWTProcessor<SecurityContext>();
    var algorithm = JWSAlgorithm.parse(settings.algorithm());
    processor.setJWSKeySelector(new JWSVerificationKeySelector<>(algorithm, keys));
    // RFC 9068 §4: by itself it takes JWT alone, and the tokens of an issuer with clients may be of the other type.
    processor.setJWSTypeVerifier(
        new DefaultJOSEObjectTypeVerifier<>(JOSEObjectType.JWT, new JOSEObjectType("at+jwt")));
    processor.setJWTClaimsSetVerifier(
        new DefaultJWTClaimsVerifier<>(
            settings.audience(),
            new JWTClaimsSet.Builder().issuer(settings.issuer()).build(),
            Set.of("exp", "iat", "sub")));
    return token -> processor.process(token, null);
  }
}
