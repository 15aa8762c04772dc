package api

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
)

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
	if ping.SendPingTimeout+ping.PingTimeout > 10*time.Second || transport.IdleConnTimeout > 30*time.Second ||
		transport.MaxConnsPerHost != maxConcurrent || transport.MaxResponseHeaderBytes != 64<<10 {
		t.Errorf("%+v", transport)
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
