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

// Auth signs requests. The token is in a closure only, so that no way of printing an Auth
// shows it. The zero Auth is invalid. NewClient and the request editor report what is wrong
// with a token. White space around a token is dropped.
type Auth struct {
	scheme string
	source func(context.Context) (string, error)
	err    error
}

// The two schemes of the Authorization header.
const (
	schemeToken  = "Token"
	schemeBearer = "Bearer"
)

// APIToken signs with an API token, the kind for machines, which does not expire:
// "Authorization: Token …".
func APIToken(token string) Auth { return static(schemeToken, token) }

// APITokenSource signs with an API token that source is asked for before every attempt,
// such as one from a file that is replaced. It behaves like BearerTokenSource.
func APITokenSource(source func(context.Context) (string, error)) Auth {
	return Auth{scheme: schemeToken, source: source}
}

// BearerToken signs with the JWT of a person: "Authorization: Bearer …". It expires; a
// long-running program uses BearerTokenSource.
func BearerToken(jwt string) Auth { return static(schemeBearer, jwt) }

// BearerTokenSource signs with a JWT that source is asked for before every attempt, retries
// included, with the context of the attempt. It must be safe for concurrent use. If it fails
// or returns what cannot be a token, nothing is sent: the call returns ErrNotSent and the
// cause.
func BearerTokenSource(source func(context.Context) (string, error)) Auth {
	return Auth{scheme: schemeBearer, source: source}
}

func static(scheme, value string) Auth {
	value, err := token.Clean(value)
	return Auth{scheme, func(context.Context) (string, error) { return value, nil }, err}
}

// AuthFromEnv takes the token from the first of these variables that is set and not empty:
// QOVERY_API_TOKEN, which always contains an API token; QOVERY_CLI_ACCESS_TOKEN and
// Q_CLI_ACCESS_TOKEN, the Qovery CLI's, which contain either kind: what has the shape of a
// JWT is sent as one. The error matches ErrInvalidRequest.
func AuthFromEnv() (Auth, error) {
	for _, name := range token.Variables {
		value := os.Getenv(name)
		if value == "" {
			continue
		}
		auth := APIToken(value)
		if name != token.Variables[0] && token.IsJWT(value) {
			auth = BearerToken(value)
		}
		if auth.err != nil {
			return Auth{}, invalid("%s: %w", name, auth.err)
		}
		return auth, nil
	}
	return Auth{}, invalid("no token: set %s", strings.Join(token.Variables, " or "))
}

// RequestEditor signs the requests of the generated client used alone; a Client signs by
// itself. It refuses plain http to any host but this machine, and fails with ErrNotSent. It
// cannot stop redirects: give the generated client an http.Client that follows none.
func (a Auth) RequestEditor() generated.RequestEditorFn {
	return func(ctx context.Context, req *http.Request) error {
		if !isSafe(req.URL) {
			return fmt.Errorf("%w: a token is not sent over plain http, except to this machine", ErrNotSent)
		}
		value, err := a.authorization(ctx)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrNotSent, err)
		}
		req.Header.Set("Authorization", value)
		return nil
	}
}

// authorization returns the value of the Authorization header.
func (a Auth) authorization(ctx context.Context) (string, error) {
	if err := a.check(); err != nil {
		return "", err
	}
	value, err := a.source(ctx)
	if err != nil {
		err = withText(err, safetext.Withhold(err.Error(), value))
	} else {
		value, err = token.Clean(value)
	}
	if err != nil {
		return "", fmt.Errorf("token source: %w", err)
	}
	return a.scheme + " " + value, nil
}

// check reports what is wrong with a token, before any is asked for.
func (a Auth) check() error {
	if a.err != nil {
		return invalid("%w", a.err)
	}
	if a.source == nil {
		return invalid("no token: use APIToken, BearerToken, AuthFromEnv, or a source that is not nil")
	}
	return nil
}
