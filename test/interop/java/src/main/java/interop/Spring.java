package interop;

import java.util.List;
import org.springframework.security.oauth2.core.DelegatingOAuth2TokenValidator;
import org.springframework.security.oauth2.jose.jws.SignatureAlgorithm;
import org.springframework.security.oauth2.jwt.JwtClaimValidator;
import org.springframework.security.oauth2.jwt.JwtValidators;
import org.springframework.security.oauth2.jwt.NimbusJwtDecoder;

final class Spring {
  static Verifier verifier(Settings settings) {
    var algorithm = SignatureAlgorithm.from(settings.algorithm());
    if (algorithm == null) throw new IllegalArgumentException("Spring has no " + settings.algorithm());
    var decoder = NimbusJwtDecoder.withJwkSetUri(settings.jwksUrl()).jwsAlgorithm(algorithm).build();
    decoder.setJwtValidator(
        new DelegatingOAuth2TokenValidator<>(
            JwtValidators.createDefaultWithIssuer(settings.issuer()),
            new JwtClaimValidator<List<String>>("aud", aud -> aud != null && aud.contains(settings.audience()))));
    return decoder::decode;
  }
}
