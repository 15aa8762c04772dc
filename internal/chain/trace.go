package chain

import (
	"context"
	"net"
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
// Since the two cannot be told apart from here, a second HTTP/2 connection in one
// attempt is refused: whether to send again is for the retries to decide.
type watch struct {
	hooks      httptrace.ClientTrace
	conclusive bool               // the transport is known to report every step
	cancel     context.CancelFunc // ends the attempt
	asked, had atomic.Bool        // for a connection, a connection
	stream     atomic.Bool        // the request has begun on HTTP/2
	refused    atomic.Bool        // a repeat was
	conn       net.Conn           // the latest; only used by the goroutine that sends
}

// possible reports whether the request can have reached the server.
func (w *watch) possible() bool {
	return w.had.Load() || !w.asked.Load() && !w.conclusive
}

func (w *watch) trace(ctx context.Context) context.Context {
	w.hooks = httptrace.ClientTrace{
		GetConn: func(string) { w.asked.Store(true) },
		GotConn: func(info httptrace.GotConnInfo) {
			same := reflect.ValueOf(info.Conn).Comparable() && info.Conn == w.conn
			if w.stream.Load() && !same {
				w.refused.Store(true)
				w.cancel()
			}
			w.had.Store(true)
			w.conn = info.Conn
		},
		WroteHeaderField: func(key string, _ []string) {
			if strings.HasPrefix(key, ":") { // only HTTP/2 has such fields
				w.stream.Store(true)
			}
		},
	}
	return httptrace.WithClientTrace(ctx, &w.hooks)
}
