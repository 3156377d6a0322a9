package example;

import java.util.Scanner;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.services.lambda.LambdaClient;

/** A token for each line of standard input; a number on the line asks so many times at once. */
public final class Main {
  public static void main(String[] arguments) {
    var tokens = new TokenSource(LambdaClient.create(), System.getenv("SIGN_FUNCTION"), arguments[0]);
    for (var lines = new Scanner(System.in); lines.hasNextLine(); ) {
      String line = lines.nextLine();
      var times = IntStream.range(0, line.isBlank() ? 1 : Integer.parseInt(line.trim()));
      System.out.println(times.parallel().mapToObj(time -> get(tokens)).distinct().collect(Collectors.joining(" ")));
    }
  }

  private static String get(TokenSource tokens) {
    try {
      return tokens.get();
    } catch (AwsServiceException refused) {
      var why = refused.awsErrorDetails();
      return "refused " + why.errorCode() + ": " + why.errorMessage();
    } catch (Exception failure) {
      return "failed " + failure;
    }
  }
}
