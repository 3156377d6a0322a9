use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::Value;
use std::time::{Duration, Instant};

type Failure = Box<dyn std::error::Error>;

/// Holds the JWKS: fetched again after five minutes, and for a kid that is not in it once in half a minute.
pub struct Verifier {
    url: String,
    keys: JwkSet,
    fetched_at: Option<Instant>,
    expected: Validation,
}

impl Verifier {
    pub fn new(issuer: &str, audience: &str, url: &str, algorithm: &str) -> Result<Self, Failure> {
        let algorithm: Algorithm = algorithm.parse()?;
        let mut expected = Validation::new(algorithm);
        expected.set_issuer(&[issuer]);
        expected.set_audience(&[audience]);
        expected.set_required_spec_claims(&["exp", "iss", "aud"]);
        expected.validate_nbf = true;
        Ok(Self {
            url: url.into(),
            keys: JwkSet { keys: vec![] },
            fetched_at: None,
            expected,
        })
    }

    pub fn verify(&mut self, token: &str) -> Result<Value, Failure> {
        let kid = decode_header(token)?.kid.ok_or("the token has no kid")?;
        let is_known = self.keys.find(&kid).is_some();
        let may_fetch = |age: Duration| age > Duration::from_secs(if is_known { 300 } else { 30 });
        if self.fetched_at.is_none_or(|at| may_fetch(at.elapsed())) {
            self.keys = ureq::get(&self.url).call()?.body_mut().read_json()?;
            self.fetched_at = Some(Instant::now());
        }
        let key = self.keys.find(&kid).ok_or("the kid is unknown")?;
        Ok(decode::<Value>(token, &DecodingKey::from_jwk(key)?, &self.expected)?.claims)
    }
}
