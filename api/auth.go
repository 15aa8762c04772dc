package api

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"

	"github.com/qovery-alias/qovery-alias-go/generated"
	"github.com/qovery-alias/qovery-alias-go/internal/safetext"
	"github.com/qovery-alias/qovery-alias-go/internal/token"
)

// Auth signs requests. The token is in a closure only, so that no way of printing an Auth shows it. The
// zero Auth is invalid. NewClient and the request editor report what is wrong with a token. White space
// around a token is dropped.
type Auth struct {
	authorization func(context.Context) (string, error) // the value of the header
	err           error
}

// The two schemes of the Authorization header.
const (
	schemeToken  = "Token"
	schemeBearer = "Bearer"
)

// APIToken signs with an API token, the kind for machines, which does not expire: "Authorization: Token
// …".
func APIToken(token string) Auth { return static(schemeToken, token) }

// APITokenSource signs with an API token that source is asked for before every attempt, such as one from
// a file that is replaced. It behaves like BearerTokenSource.
func APITokenSource(source func(context.Context) (string, error)) Auth {
	return fromSource(schemeToken, source)
}

// BearerToken signs with the JWT of a person: "Authorization: Bearer …". It expires; a long-running
// program uses BearerTokenSource.
func BearerToken(jwt string) Auth { return static(schemeBearer, jwt) }

// BearerTokenSource signs with a JWT that source is asked for before every attempt, retries included,
// with the context of the attempt. It must be safe for concurrent use. If it fails or returns what cannot
// be a token, nothing is sent: the call returns ErrNotSent and the cause.
func BearerTokenSource(source func(context.Context) (string, error)) Auth {
	return fromSource(schemeBearer, source)
}

func static(scheme, value string) Auth {
	value, err := token.Clean(value)
	if err != nil {
		return Auth{err: invalid("%w", err)}
	}
	value = scheme + " " + value
	return Auth{authorization: func(context.Context) (string, error) { return value, nil }}
}

func fromSource(scheme string, source func(context.Context) (string, error)) Auth {
	if source == nil {
		return Auth{err: invalid("the token source is nil")}
	}
	return Auth{authorization: func(ctx context.Context) (string, error) {
		value, err := source(ctx)
		if err != nil {
			return "", fmt.Errorf("token source: %w", withText(err, safetext.Withhold(err.Error(), value)))
		}
		if value, err = token.Clean(value); err != nil {
			return "", fmt.Errorf("token source: %w", err)
		}
		return scheme + " " + value, nil
	}}
}

// AuthFromEnv takes the token from the first of these variables that is set and not empty:
// QOVERY_API_TOKEN, which always contains an API token; QOVERY_CLI_ACCESS_TOKEN and Q_CLI_ACCESS_TOKEN,
// the Qovery CLI's, which contain either kind: what has the shape of a JWT is sent as one. The error
// matches ErrInvalidRequest.
func AuthFromEnv() (Auth, error) {
	for _, name := range token.Variables {
		if value := os.Getenv(name); value != "" {
			auth := APIToken(value)
			if name != token.Variables[0] && token.IsJWT(value) {
				auth = BearerToken(value)
			}
			if auth.err != nil {
				return Auth{}, fmt.Errorf("%s: %w", name, auth.err)
			}
			return auth, nil
		}
	}
	return Auth{}, invalid("no token: set %s", strings.Join(token.Variables, " or "))
}

// RequestEditor signs the requests of the generated client used alone; a Client signs by itself. It
// refuses plain http to any host but this machine, and fails with ErrNotSent. It cannot stop redirects:
// give the generated client an http.Client that follows none.
func (a Auth) RequestEditor() generated.RequestEditorFn {
	return func(ctx context.Context, req *http.Request) error {
		if !isSafe(req.URL) {
			return fmt.Errorf("%w: a token is not sent over plain http, except to this machine", ErrNotSent)
		}
		err := a.check()
		var value string
		if err == nil {
			value, err = a.authorization(ctx)
		}
		if err != nil {
			return fmt.Errorf("%w: %w", ErrNotSent, err)
		}
		req.Header.Set("Authorization", value)
		return nil
	}
}

// check reports what is wrong with a token, before any is asked for.
func (a Auth) check() error {
	if a.err == nil && a.authorization == nil {
		return invalid("no token: the zero Auth cannot sign; use APIToken, BearerToken or AuthFromEnv")
	}
	return a.err
}
