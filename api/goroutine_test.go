package api_test

// No call leaves a goroutine behind, however it ends, over real connections.

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/api/apitest"
)

// goroutines are the stacks of those that run code of this module or of net/http.
func goroutines() (ours []string) {
	buf := make([]byte, 1<<20)
	for _, stack := range strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
		if strings.Contains(stack, "qovery-alias-go/") && !strings.Contains(stack, "testing.tRunner") || strings.Contains(stack, "net/http.") {
			ours = append(ours, stack)
		}
	}
	return ours
}

func TestNoGoroutineLeft(t *testing.T) {
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	before := len(goroutines())
	check := func(after string) {
		t.Helper()
		for deadline := time.Now().Add(5 * time.Second); len(goroutines()) > before; runtime.Gosched() {
			if time.Now().After(deadline) {
				t.Fatalf("after %s:\n\n%s", after, strings.Join(goroutines(), "\n\n"))
			}
		}
	}
	for name, c := range map[string]struct {
		fault  apitest.Fault
		cancel bool // as soon as it has arrived
	}{
		"success": {}, "reset": {fault: apitest.Fault{Hangup: true}}, "cut": {fault: apitest.Fault{Truncate: 3}}, "429": {fault: apitest.Fault{Status: 429}},
		"503": {fault: apitest.Fault{Status: 503}}, "timeout": {fault: apitest.Fault{Delay: time.Hour}}, "cancelled": {apitest.Fault{Delay: time.Hour}, true},
		"cancelled while waiting": {apitest.Fault{Status: 429, Header: http.Header{"Retry-After": {"50"}}}, true},
	} {
		for _, col := range calls {
			fx := newFixture(t)
			client := clientWith(t, api.APIToken(fx.srv.Token()), api.WithBaseURL(fx.srv.URL()), api.WithAttemptTimeout(100*time.Millisecond))
			fx.inject(col.method, times(3, c.fault)...)
			ctx, cancel := context.WithCancel(t.Context())
			if c.cancel {
				go func() {
					for fx.count(col.method) == 0 && ctx.Err() == nil {
						runtime.Gosched()
					}
					cancel()
				}()
			}
			col.call(ctx, fx, client)
			cancel()
			client.CloseIdleConnections()
			fx.srv.Close()
			check(name + ", " + col.name)
		}
	}
	// Connections that the client has to give up by itself.
	for _, wire := range []string{
		"", "HTTP/1.1 20", "HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{",
		"HTTP/1.1 500 Oops\r\nContent-Length: 10000000\r\n\r\n" + strings.Repeat("x", 100<<10),
		"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n",
	} {
		t.Run("held open", func(t *testing.T) {
			stop := make(chan struct{})
			client := clientOf(t, rawServer(t, func(conn *net.TCPConn) {
				if _, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
					conn.Write([]byte(wire))
					<-stop
				}
			}), api.WithAttemptTimeout(100*time.Millisecond), api.WithRetries(0))
			began := time.Now()
			if _, err := client.ListJobSecrets(t.Context(), aJob); err == nil || time.Since(began) > 2*time.Second {
				t.Errorf("%.30q took %s: %v", wire, time.Since(began), err)
			}
			client.CloseIdleConnections()
			close(stop)
		})
	}
	check("connections held open")
}
