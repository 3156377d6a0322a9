package interop;

interface Verifier {
  Object verify(String token) throws Exception;
}
