package api

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"

	"github.com/qovery-alias/qovery-alias-go/generated"
	"github.com/qovery-alias/qovery-alias-go/internal/credential"
)

// Auth signs requests. The token is held in a closure only, so that no way of
// printing an Auth shows it. The zero Auth is invalid. What is wrong with a token
// is reported by NewClient and by the request editor. White space at its ends is
// dropped.
type Auth struct {
	header func(context.Context) (string, error) // what Authorization is to be
	err    error
}

// APIToken signs with an API token, the kind for machines, which does not expire:
// "Authorization: Token …".
func APIToken(token string) Auth { return static(credential.Token, token) }

// BearerToken signs with the JWT of a person: "Authorization: Bearer …". It
// expires; a program that runs for long takes BearerTokenSource.
func BearerToken(jwt string) Auth { return static(credential.Bearer, jwt) }

// BearerTokenSource signs with a JWT that source is asked for before every attempt,
// retries included, with the context of the attempt. It must be safe for concurrent
// use. If it fails, nothing is sent: the call returns ErrNotSent and the cause.
func BearerTokenSource(source func(context.Context) (string, error)) Auth {
	if source == nil {
		return Auth{err: invalid("the token source is nil")}
	}
	return Auth{header: func(ctx context.Context) (string, error) {
		token, err := source(ctx)
		if err != nil {
			return "", fmt.Errorf("token source: %w", err)
		}
		if token, err = credential.Clean(token); err != nil {
			return "", fmt.Errorf("token source: %w", err)
		}
		return credential.Bearer + " " + token, nil
	}}
}

// AuthFromEnv takes the token from the first of these variables that is set and not
// empty: QOVERY_API_TOKEN, which always holds an API token; QOVERY_CLI_ACCESS_TOKEN
// and Q_CLI_ACCESS_TOKEN, the Qovery CLI's, which hold either kind: what has the
// shape of a JWT is sent as one. The error matches ErrInvalidRequest.
func AuthFromEnv() (Auth, error) {
	for _, name := range []string{"QOVERY_API_TOKEN", "QOVERY_CLI_ACCESS_TOKEN", "Q_CLI_ACCESS_TOKEN"} {
		token := os.Getenv(name)
		if token == "" {
			continue
		}
		auth := APIToken(token)
		if name != "QOVERY_API_TOKEN" && credential.IsJWT(token) {
			auth = BearerToken(token)
		}
		if auth.err != nil {
			return Auth{}, fmt.Errorf("%s: %w", name, auth.err)
		}
		return auth, nil
	}
	return Auth{}, invalid("no token: set QOVERY_API_TOKEN, QOVERY_CLI_ACCESS_TOKEN or Q_CLI_ACCESS_TOKEN")
}

// RequestEditor signs the requests of the generated client used alone; a Client
// signs by itself. It refuses plain http to any host but this machine, and fails
// with ErrNotSent. It cannot stop redirects: give the generated client an
// http.Client that follows none.
func (a Auth) RequestEditor() generated.RequestEditorFn {
	return func(ctx context.Context, req *http.Request) error {
		if !credential.Safe(req.URL) {
			return fmt.Errorf("%w: a token is not sent over plain http, except to this machine", ErrNotSent)
		}
		if _, err := a.sign(ctx, req); err != nil {
			return fmt.Errorf("%w: %w", ErrNotSent, err)
		}
		return nil
	}
}

// sign adds the Authorization to a request and returns the token in it.
func (a Auth) sign(ctx context.Context, req *http.Request) (string, error) {
	if err := a.check(); err != nil {
		return "", err
	}
	header, err := a.header(ctx)
	if err != nil {
		return "", err
	}
	req.Header.Set("Authorization", header)
	_, token, _ := strings.Cut(header, " ")
	return token, nil
}

func (a Auth) check() error {
	if a.err == nil && a.header == nil {
		return invalid("no token: the zero Auth cannot sign; use APIToken, BearerToken or AuthFromEnv")
	}
	return a.err
}

func static(scheme, token string) Auth {
	token, err := credential.Clean(token)
	if err != nil {
		return Auth{err: invalid("%w", err)}
	}
	header := scheme + " " + token
	return Auth{header: func(context.Context) (string, error) { return header, nil }}
}
