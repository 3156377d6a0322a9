// Package keyturn asks a Keyturn issuer for tokens, and keeps each for most of its life.
package keyturn

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/smithy-go"
)

// TokenSource is for one request; goroutines may share it.
type TokenSource struct {
	Lambda *lambda.Client
	// Function has the client's alias, Keyturn-Sign:orders; Request is JSON.
	Function, Request, token string
	renewAt, endsAt          time.Time
	mutex                    sync.Mutex
}

// Get answers with a token that has at least a tenth of its life left, or with a smithy.APIError of AWS or the issuer.
func (source *TokenSource) Get(ctx context.Context) (string, error) {
	source.mutex.Lock() // One call at a time: whoever waited finds what the one before has brought.
	defer source.mutex.Unlock()
	// Without the monotonic reading, which stands still while a machine sleeps.
	askedAt := time.Now().Round(0)
	if askedAt.Before(source.renewAt) {
		return source.token, nil
	}
	var issued struct {
		Token, ErrorType, ErrorMessage string
		IssuedAt, ExpiresAt            int64
	}
	answer, err := source.Lambda.Invoke(ctx, &lambda.InvokeInput{FunctionName: &source.Function, Payload: []byte(source.Request)})
	if err == nil {
		err = json.Unmarshal(answer.Payload, &issued)
	}
	// Counted on this machine's clock from when it was asked for, whatever the issuer's says.
	switch life := time.Duration(issued.ExpiresAt-issued.IssuedAt) * time.Second; {
	case err == nil && answer.FunctionError == nil:
		source.token, source.renewAt, source.endsAt = issued.Token, askedAt.Add(life*7/10), askedAt.Add(life*9/10)
	case time.Now().Before(source.endsAt): // The old one is still good.
		source.renewAt, err = askedAt.Add(min(5*time.Second, source.endsAt.Sub(askedAt))), nil
	case err == nil:
		err = &smithy.GenericAPIError{Code: issued.ErrorType, Message: issued.ErrorMessage}
	}
	return source.token, err
}
