package main

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

func withGoJose(s Settings) (Verify, error) {
	keys := &heldKeys{url: s.JwksURL}
	return func(token string) error {
		parsed, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.SignatureAlgorithm(s.Algorithm)})
		if err != nil {
			return err
		}
		key, err := keys.get(parsed.Headers[0].KeyID)
		if err != nil {
			return err
		}
		var claims jwt.Claims
		if err := parsed.Claims(key, &claims); err != nil {
			return err
		}
		if claims.Expiry == nil {
			return errors.New("the token never ends")
		}
		return claims.Validate(jwt.Expected{Issuer: s.Issuer, AnyAudience: jwt.Audience{s.Audience}})
	}, nil
}

// A JWKS: fetched again after five minutes, and for a kid that is not in it once in half a minute. For a service with
// many goroutines it needs a mutex.
type heldKeys struct {
	url       string
	set       jose.JSONWebKeySet
	fetchedAt time.Time
}

func (h *heldKeys) get(kid string) (jose.JSONWebKey, error) {
	age := time.Since(h.fetchedAt)
	if age > 5*time.Minute || (len(h.set.Key(kid)) == 0 && age > 30*time.Second) {
		if err := h.fetch(); err != nil {
			return jose.JSONWebKey{}, err
		}
	}
	if found := h.set.Key(kid); len(found) == 1 {
		return found[0], nil
	}
	return jose.JSONWebKey{}, errors.New("the kid is unknown")
}

func (h *heldKeys) fetch() error {
	response, err := http.Get(h.url)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	var set jose.JSONWebKeySet
	if err := json.NewDecoder(response.Body).Decode(&set); err != nil {
		return err
	}
	h.set, h.fetchedAt = set, time.Now()
	return nil
}
