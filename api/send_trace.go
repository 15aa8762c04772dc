package api

import (
	"bytes"
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptrace"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// trace observes in one attempt the two things that decide what may follow.
//
// Whether the request can have reached the server: not if nobody has read its body, nor,
// where the transport is net/http's, it was given a connection. Other signs prove nothing.
//
// Whether net/http repeats the request by itself, for which it calls GetBody. On
// HTTP/1 it repeats a POST only where nothing was written to a connection that had been
// closed, which is safe. On HTTP/2 it repeats a stream that the server refused, which
// counts as safe, on the same connection; but also one that the server broke off with
// PROTOCOL_ERROR, which is not, and one of a connection that goes away, both on another
// connection. Those cannot be told apart, so a repeat on another connection is stopped.
//
// The hooks travel in the context, and so fire as well for requests that a transport, a
// dialer or a resolver makes with it. Connections to what only those ask for do not count.
type trace struct {
	hooks  httptrace.ClientTrace
	cancel context.CancelFunc // ends the attempt
	target string             // host:port of the request
	direct bool               // the transport is net/http's, and nothing is in front of it
	inTLS  bool               // it shows in a connection whether HTTP/2 is spoken on it

	first   trackedBody
	body    atomic.Int32 // its state, or
	stopped atomic.Bool  // a repeat was

	mu        sync.Mutex
	copies    []*bytes.Reader // the body and its copies, for a transport that has to know their type
	asked     []string        // for connections, host:port
	conn      net.Conn        // the latest that the request was given
	http2     bool            // which speaks HTTP/2, or may do so
	repeating bool            // the next connection is for a repeat
	repeated  bool            // on HTTP/2
}

// attach returns a context with the hooks, for an attempt.
func (t *trace) attach(ctx context.Context, target string, transport http.RoundTripper) context.Context {
	own, direct := transport.(*http.Transport)
	t.target, t.direct = target, direct
	t.inTLS = direct && (own.Protocols == nil || !own.Protocols.UnencryptedHTTP2())
	t.hooks = httptrace.ClientTrace{GetConn: t.getConn, GotConn: t.gotConn}
	if !t.inTLS {
		t.hooks.WroteHeaderField = func(key string, _ []string) {
			if strings.HasPrefix(key, ":") { // only HTTP/2 has such fields
				t.mu.Lock()
				defer t.mu.Unlock()
				t.http2 = true
			}
		}
	}
	return httptrace.WithClientTrace(ctx, &t.hooks)
}

func (t *trace) getConn(addr string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.asked = append(t.asked, addr)
}

func (t *trace) gotConn(info httptrace.GotConnInfo) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if info.Conn == nil || t.isForeign(info.Conn) {
		return
	}
	secure, inTLS := info.Conn.(*tls.Conn)
	known, http2 := inTLS || t.inTLS, inTLS && secure.ConnectionState().NegotiatedProtocol == "h2"
	same := reflect.ValueOf(info.Conn).Comparable() && info.Conn == t.conn
	t.repeated = t.repeated || t.repeating && t.http2
	if t.repeating && t.http2 && !same {
		t.stopped.Store(true)
		t.cancel()
		if known && !http2 { // a cancelled request still leaves on HTTP/1; it serves no other
			info.Conn.Close()
		}
		return
	}
	t.repeating, t.conn = false, info.Conn
	if known {
		t.http2 = http2
	}
}

// wasRepeated reports whether the response may be that to a repeat of a request that took
// effect. Where no connection was seen, GetBody was called again.
func (t *trace) wasRepeated() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.repeated || t.repeating
}

// isForeign reports whether conn was made for another request: it goes where only others
// asked for a connection. The request itself asks for one to its target or, if only to a
// proxy, before its transport asks for anything else.
func (t *trace) isForeign(conn net.Conn) bool {
	own := t.target
	if t.direct && len(t.asked) > 0 && !slices.Contains(t.asked, own) {
		own = t.asked[0]
	}
	leadsTo := func(addr string) bool {
		host, _, _ := net.SplitHostPort(addr)
		secure, ok := conn.(*tls.Conn)
		remote := conn.RemoteAddr()
		return remote != nil && remote.String() == addr || ok && secure.ConnectionState().ServerName == host
	}
	return slices.Contains(t.asked, own) && !leadsTo(own) && slices.ContainsFunc(t.asked, leadsTo)
}
