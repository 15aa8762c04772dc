package chain

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptrace"
	"reflect"
	"strings"
	"sync/atomic"
)

// watch follows how far net/http gets with an attempt. Two things hang on it:
//
// Whether a failed request can have reached the server. It cannot if a connection
// was asked for and none was had. Any later sign, such as WroteRequest, proves
// nothing, since it comes before the bytes leave.
//
// Whether net/http may repeat the request by itself. On HTTP/1 it repeats a POST
// only where nothing was written to a connection that had gone stale, which is
// safe. On HTTP/2 it repeats a stream that the server refused, which is safe, and as
// a rule on the same connection; but also one that the server broke off with
// PROTOCOL_ERROR, which is not, and then on another connection, as after GOAWAY.
// Since the two cannot be told apart from here, another connection after a stream has
// begun is refused: whether to send again is for the retries to decide.
type watch struct {
	hooks      httptrace.ClientTrace
	conclusive bool               // the transport is known to report every step
	cancel     context.CancelFunc // ends the attempt
	asked, had atomic.Bool        // for a connection, a connection
	begun      atomic.Bool        // the request has, perhaps on HTTP/2
	refused    atomic.Bool        // a repeat was
	conn       net.Conn           // the latest; only used by the goroutine that sends
}

// possible reports whether the request can have reached the server.
func (w *watch) possible() bool {
	return w.had.Load() || !w.asked.Load() && !w.conclusive
}

func (w *watch) trace(ctx context.Context, transport http.RoundTripper) context.Context {
	telling := tells(transport)
	w.hooks = httptrace.ClientTrace{
		GetConn: func(string) { w.asked.Store(true) },
		GotConn: func(info httptrace.GotConnInfo) {
			same := reflect.ValueOf(info.Conn).Comparable() && info.Conn == w.conn
			if w.begun.Load() && !same && !(telling && !isHTTP2(w.conn)) {
				w.refused.Store(true)
				w.cancel()
			}
			w.had.Store(true)
			w.conn = info.Conn
		},
	}
	if telling {
		w.hooks.WroteHeaders = func() { w.begun.Store(true) }
	} else { // and this takes an allocation for each header field
		w.hooks.WroteHeaderField = func(key string, _ []string) {
			if strings.HasPrefix(key, ":") { // only HTTP/2 has such fields
				w.begun.Store(true)
			}
		}
	}
	return httptrace.WithClientTrace(ctx, &w.hooks)
}

// tells reports whether it shows in the connections of a transport what is spoken on
// them: net/http speaks HTTP/2 where TLS has agreed on it, and nowhere else.
func tells(transport http.RoundTripper) bool {
	t, ok := transport.(*http.Transport)
	return ok && (t.Protocols == nil || !t.Protocols.UnencryptedHTTP2())
}

func isHTTP2(conn net.Conn) bool {
	secure, ok := conn.(*tls.Conn)
	return ok && secure.ConnectionState().NegotiatedProtocol == "h2"
}
