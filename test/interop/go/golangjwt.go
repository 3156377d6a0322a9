package main

import (
	"context"
	"time"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/time/rate"
)

func withKeyfunc(s Settings) (Verify, error) {
	// By default it fetches for an unknown kid once in five minutes, and then tokens wait for it for up to a minute.
	keys, err := keyfunc.NewDefaultOverrideCtx(context.Background(), []string{s.JwksURL}, keyfunc.Override{
		RefreshUnknownKID: rate.NewLimiter(rate.Every(15*time.Second), 1),
	})
	if err != nil {
		return nil, err
	}
	parser := jwt.NewParser(
		jwt.WithValidMethods([]string{s.Algorithm}), jwt.WithIssuer(s.Issuer), jwt.WithAudience(s.Audience),
		jwt.WithExpirationRequired(), jwt.WithIssuedAt(),
	)
	return func(token string) error {
		_, err := parser.Parse(token, keys.Keyfunc)
		return err
	}, nil
}
