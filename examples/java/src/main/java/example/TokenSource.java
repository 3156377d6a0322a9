package example;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.lambda.LambdaClient;
import software.amazon.awssdk.services.lambda.model.LambdaException;

/** Tokens of a Keyturn issuer for one request, each kept for most of its life. Threads may share it. */
public final class TokenSource {
  private final LambdaClient lambda;
  private final String function, request;
  private String token;
  private long renewAt, endsAt;

  /** The function's name has the client's alias, Keyturn-Sign:orders; the request is JSON. */
  public TokenSource(LambdaClient lambda, String function, String request) {
    this.lambda = lambda;
    this.function = function;
    this.request = request;
  }

  /** Throws AWS's exceptions and the issuer's refusals alike, with the code in awsErrorDetails(). */
  public synchronized String get() throws IOException { // One call at a time: whoever waited finds what came meanwhile.
    long askedAt = System.currentTimeMillis();
    if (askedAt < renewAt) return token;
    try {
      var answer = lambda.invoke(call -> call.functionName(function).payload(SdkBytes.fromUtf8String(request)));
      var issued = new ObjectMapper().readTree(answer.payload().asByteArray());
      if (answer.functionError() != null) {
        var why = AwsErrorDetails.builder().errorCode(issued.path("errorType").asText());
        why.errorMessage(issued.path("errorMessage").asText()).serviceName("Keyturn");
        throw LambdaException.builder().awsErrorDetails(why.build()).build();
      }
      // Counted on this machine's clock from when it was asked for, whatever the issuer's says.
      long life = 1000 * (issued.required("expiresAt").asLong() - issued.required("issuedAt").asLong());
      token = issued.required("token").asText();
      renewAt = askedAt + life * 7 / 10;
      endsAt = askedAt + life * 9 / 10;
    } catch (IOException | RuntimeException failure) {
      if (System.currentTimeMillis() >= endsAt) throw failure;
      renewAt = Math.min(askedAt + 5000, endsAt); // The old one is still good.
    }
    return token;
  }
}
