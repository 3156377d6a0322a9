//! One library: a line of JSON for each token, answered with a line. A verifier for each issuer, kept for good.
mod verifier;

use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::{Write, stdin, stdout};
use verifier::Verifier;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut verifiers = HashMap::<[String; 4], Verifier>::new();
    for line in stdin().lines() {
        let asked: Value = serde_json::from_str(&line?)?;
        let member = |name: &str| asked[name].as_str().unwrap_or_default();
        let [issuer, audience, url, algorithm] =
            ["issuer", "audience", "jwksUrl", "algorithm"].map(member);
        let settings = [issuer, audience, url, algorithm].map(String::from);
        let verified = match verifiers.get_mut(&settings) {
            Some(known) => known.verify(member("token")),
            None => Verifier::new(issuer, audience, url, algorithm).and_then(|new| {
                verifiers
                    .entry(settings)
                    .or_insert(new)
                    .verify(member("token"))
            }),
        };
        let answer =
            verified.map_or_else(|error| json!({"error": error.to_string()}), |_| json!({}));
        writeln!(stdout(), "{answer}")?;
    }
    Ok(())
}
