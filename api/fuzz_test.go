package api

// What parses outside input, fuzzed below the public API; and a connection that died in silence.

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/generated"
	"github.com/qovery-alias/qovery-alias-go/internal/safetext"
)

func FuzzRetryAfter(f *testing.F) {
	for _, value := range []string{"", "0", "1.5", "-1", "1e9", ".", "1.2.3", "99999999999999999999", "soon",
		"Thu, 20 Aug 2026 10:11:42 GMT", "Thu, 20 Aug 2026 10:11:42 UTC"} {
		f.Add(value, "Thu, 20 Aug 2026 10:11:12 GMT")
	}
	f.Fuzz(func(t *testing.T, value, date string) {
		if got := retryAfter(http.Header{"Retry-After": {value}, "Date": {date}}); got < 0 {
			t.Errorf("%q: %s", value, got)
		}
	})
}

func FuzzBaseURL(f *testing.F) {
	for _, value := range []string{"https://api.qovery.com", "http://127.0.0.1:8080/x", "http://LOCALHOST",
		"https://a:b@c", "https://x?y", "https://x#", "//x", "https:x", "https://x:", "http://127.0.0.1.nip.io"} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		u, err := parseBaseURL(value)
		switch {
		case err != nil && len(value) > 40 && strings.Contains(err.Error(), value):
			t.Errorf("%q is repeated: %v", value, err)
		case err == nil && (!isSafe(u) || u.User != nil || u.RawQuery+u.Fragment != "" || u.Path[:1] != "/"):
			t.Errorf("%q: %v", value, u)
		}
	})
}

// FuzzErrorBody: an error has no part of a token, and is one line within its limits.
func FuzzErrorBody(f *testing.F) {
	for _, text := range []string{"", `{"detail":"x"}`, `{"message":1,"error":"y"}`, "<title>x</title>", "\x1f",
		`{"detail":"qov_5tGh7Kp2Wx9Zr4"}`, "\x1b[31m"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		const token = "qov_5tGh7Kp2Wx9Zr4"
		req := &http.Request{Header: http.Header{"Authorization": {"Token " + token}}}
		resp := &http.Response{StatusCode: 400, Header: http.Header{"X-Request-Id": {text}}}
		x := &exchange{op: createJobSecretAlias, request: req, http: resp, body: []byte(text)}
		e := x.refused(nil).Error
		if utf8.RuneCountInString(e.Detail) > maxDetail || len(e.Body) > maxBody ||
			utf8.RuneCountInString(e.RequestID) > maxRequestID || strings.ContainsAny(e.Error(), "\n\r\x1b") {
			t.Errorf("%+v", e)
		}
		for _, shown := range []string{e.Error(), e.Detail, e.RequestID, string(e.Body)} {
			if shown != safetext.Withhold(shown, token) {
				t.Errorf("%q shows the token", shown)
			}
		}
	})
}

// FuzzList: what encoding/json reads whole, and has what must be readable, reads the same entry by entry.
func FuzzList(f *testing.F) {
	entry := `{"id":"4d6ff7fc-0ce7-4a5c-9ef8-2a5ed6ddb39c","key":"K","scope":"JOB"`
	for _, text := range []string{`{"results":[]}`, `{"results":null}`, `{"results":[null]}`,
		`{"results":[` + entry + `}]}`, `{"x":{"results":[1]},"results":[` + entry + `,"variable_type":5}]}`,
		`{"results":[` + entry + `,"service_id":"","aliased_secret":{"id":"","key":5}}]} `, `{"results":[]}{}`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		secrets, err := decodeList(t.Context(), []byte(text))
		for _, s := range secrets {
			if s.ID == uuid.Nil || s.Key == "" || s.Scope == "" {
				t.Errorf("%q: %+v", text, s)
			}
		}
		var list generated.SecretList
		if json.Unmarshal([]byte(text), &list) != nil || list.Results == nil || strings.Count(text, "esults") != 1 {
			return
		}
		for _, s := range *list.Results {
			if s.ID == uuid.Nil || s.Key == "" || s.Scope == "" {
				return
			}
		}
		if strings.Contains(text, `"results"`) && (err != nil || len(secrets) != len(*list.Results)) {
			t.Errorf("%q: %d, %v", text, len(secrets), err)
		}
	})
}

// mutedConn loses what arrives once it is muted.
type mutedConn struct {
	net.Conn
	muted atomic.Bool
}

func (c *mutedConn) Read(p []byte) (n int, err error) {
	for n, err = c.Conn.Read(p); c.muted.Load() && err == nil; n, err = c.Conn.Read(p) {
	}
	return n, err
}

// Pings of the default transport notice an HTTP/2 connection that died in silence, long before an attempt is
// over. Here they come a hundred times as often.
func TestSilentConnection(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor != 2 {
			t.Errorf("came over %s", r.Proto)
		}
		io.WriteString(w, `{"results":[]}`)
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	transport, conns := newTransport(), []*mutedConn{}
	transport.TLSClientConfig = server.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	dial := transport.DialContext
	transport.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dial(ctx, network, addr)
		conns = append(conns, &mutedConn{Conn: conn})
		return conns[len(conns)-1], err
	}
	ping := transport.HTTP2
	if ping.SendPingTimeout+ping.PingTimeout > 10*time.Second || transport.IdleConnTimeout > 30*time.Second {
		t.Errorf("pings after %s, idle for %s", ping.SendPingTimeout, transport.IdleConnTimeout)
	}
	ping.SendPingTimeout, ping.PingTimeout = ping.SendPingTimeout/100, ping.PingTimeout/100
	through := WithHTTPClient(&http.Client{Transport: transport})
	client, err := NewClient(APIToken("x"), WithBaseURL(server.URL), through)
	if err != nil {
		t.Fatal(err)
	}
	defer client.CloseIdleConnections()
	began := time.Now()
	for i := range 2 {
		_, err := client.ListJobSecrets(t.Context(), uuid.New())
		if err != nil || time.Since(began) > 5*time.Second {
			t.Errorf("list %d: %v after %s", i, err, time.Since(began))
		}
		conns[0].muted.Store(true)
	}
	if len(conns) != 2 {
		t.Errorf("%d connections", len(conns))
	}
}
