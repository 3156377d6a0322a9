package interop;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.HashMap;
import java.util.Map;

/** One library: a line of JSON for each token, answered with a line. A verifier for each issuer, kept for good. */
final class Worker {
  public static void main(String[] arguments) throws Exception {
    var json = new ObjectMapper();
    var verifiers = new HashMap<Settings, Verifier>();
    var lines = new BufferedReader(new InputStreamReader(System.in));
    for (var line = lines.readLine(); line != null; line = lines.readLine()) {
      var asked = json.readTree(line);
      var settings = new Settings(
          asked.path("issuer").asText(), asked.path("audience").asText(),
          asked.path("jwksUrl").asText(), asked.path("algorithm").asText());
      var answer = Map.of();
      try {
        if (!verifiers.containsKey(settings)) {
          verifiers.put(settings, arguments[0].equals("spring") ? Spring.verifier(settings) : Nimbus.verifier(settings));
        }
        verifiers.get(settings).verify(asked.path("token").asText());
      } catch (Exception | LinkageError error) {
        answer = Map.of("error", error.getClass().getSimpleName() + ": " + error.getMessage());
      }
      System.out.println(json.writeValueAsString(answer));
    }
  }
}
