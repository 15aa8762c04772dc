package api

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/qovery-alias/qovery-alias-go/generated"
	"github.com/qovery-alias/qovery-alias-go/internal/token"
)

// Auth signs requests. The token is in a closure only, so that no way of printing an
// Auth shows it. The zero Auth is invalid. What is wrong with a token is reported by
// NewClient and by the request editor. White space at its ends is dropped.
type Auth struct {
	// header returns what Authorization is to be, and the token in it with those before it.
	header   func(context.Context) (header string, tokens []string, err error)
	isSource bool // which may return another token the next time
	err      error
}

// The two schemes of the Authorization header.
const (
	schemeToken  = "Token "
	schemeBearer = "Bearer "
)

// APIToken signs with an API token, the kind for machines, which does not expire:
// "Authorization: Token …".
func APIToken(token string) Auth { return static(schemeToken, token) }

// APITokenSource signs with an API token that source is asked for before every attempt,
// such as one from a file that is replaced. It behaves like BearerTokenSource.
func APITokenSource(source func(context.Context) (string, error)) Auth {
	return fromSource(schemeToken, source)
}

// BearerToken signs with the JWT of a person: "Authorization: Bearer …". It expires; a
// long-running program uses BearerTokenSource.
func BearerToken(jwt string) Auth { return static(schemeBearer, jwt) }

// BearerTokenSource signs with a JWT that source is asked for before every attempt,
// retries included, with the context of the attempt, and once more after a 401. It must be
// safe for concurrent use. If it fails or returns what cannot be a token, nothing is sent:
// the call returns ErrNotSent and the cause.
func BearerTokenSource(source func(context.Context) (string, error)) Auth {
	return fromSource(schemeBearer, source)
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
			return Auth{}, fmt.Errorf("%s: %w", name, auth.err)
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
		if tokens, err := a.sign(ctx, req); err != nil {
			return fmt.Errorf("%w: %w", ErrNotSent, conceal(err, tokens))
		}
		return nil
	}
}

// sign adds the Authorization to a request. It returns the token in it, and behind it those
// that a server or an error may still repeat.
func (a Auth) sign(ctx context.Context, req *http.Request) ([]string, error) {
	if err := a.check(); err != nil {
		return nil, err
	}
	header, tokens, err := a.header(ctx)
	if err == nil {
		req.Header.Set("Authorization", header)
	}
	return tokens, err
}

func (a Auth) check() error {
	if a.err == nil && a.header == nil {
		return invalid("no token: the zero Auth cannot sign; use APIToken, BearerToken or AuthFromEnv")
	}
	return a.err
}

func static(scheme, value string) Auth {
	value, err := token.Clean(value)
	if err != nil {
		return Auth{err: invalid("%w", err)}
	}
	header, tokens := scheme+value, []string{value}
	return Auth{header: func(context.Context) (string, []string, error) { return header, tokens, nil }}
}

// maxTokens is how many tokens of a source are masked in what a server says.
const maxTokens = 8

func fromSource(scheme string, source func(context.Context) (string, error)) Auth {
	if source == nil {
		return Auth{err: invalid("the token source is nil")}
	}
	var mu sync.Mutex
	var latest []string
	return Auth{isSource: true, header: func(ctx context.Context) (string, []string, error) {
		value, err := source(ctx)
		mu.Lock()
		defer mu.Unlock()
		if err != nil { // which may name a token, also the one that came with it
			return "", append([]string{value}, latest...), fmt.Errorf("token source: %w", err)
		}
		if value, err = token.Clean(value); err != nil {
			return "", latest, fmt.Errorf("token source: %w", err)
		}
		others := slices.DeleteFunc(slices.Clone(latest), func(other string) bool { return other == value })
		latest = append([]string{value}, others[:min(len(others), maxTokens-1)]...)
		return scheme + value, latest, nil
	}}
}
