package interop;

record Settings(String issuer, String audience, String jwksUrl, String algorithm) {}
