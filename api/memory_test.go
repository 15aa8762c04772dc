package api_test

// What a server can make its client take, and what a call leaves behind: memory and
// goroutines. Memory is measured as the highest HeapInuse, sampled while the call runs,
// above that before it, after a garbage collection. The server, in the same process, sends
// one static buffer over and over.

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"net"
	"net/http"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/api/apitest"
)

const mib = 1 << 20

// endless responds with status and chunk after chunk until the client has enough, or has
// had 1 GiB, so that a client that never does fails and not hangs.
func endless(status int, encoding string, begin, chunk []byte) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if encoding != "" {
			w.Header().Set("Content-Encoding", encoding)
		}
		w.WriteHeader(status)
		w.Write(begin)
		for sent := 0; sent < 1<<30; sent += len(chunk) {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	})
}

// zipped is a gzip member of a text repeated n times; members may follow each other.
func zipped(text string, n int) []byte {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression)
	w.Write(bytes.Repeat([]byte(text), n))
	w.Close()
	return b.Bytes()
}

// peak is how far HeapInuse rises while f runs. A collector that runs often makes what is
// kept count, not what was dropped.
func peak(every time.Duration, f func()) uint64 {
	defer debug.SetGCPercent(debug.SetGCPercent(10))
	var stats runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&stats)
	baseline, highest := stats.HeapInuse, stats.HeapInuse
	stop := make(chan struct{})
	var sampling sync.WaitGroup
	sampling.Go(func() {
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for {
			select {
			case <-stop:
				return
			case <-ticker.C:
				runtime.ReadMemStats(&stats)
				highest = max(highest, stats.HeapInuse)
			}
		}
	})
	f()
	close(stop)
	sampling.Wait()
	return highest - baseline
}

// Whatever the shape of a list, it takes no more than 128 MiB, and any other response 8 MiB.
func TestMemoryIsBounded(t *testing.T) {
	letters, spaces := bytes.Repeat([]byte{'x'}, 64<<10), bytes.Repeat([]byte{' '}, 64<<10)
	inString := []byte(`{"detail":"`)
	list := func(begin, repeat string) http.Handler {
		return endless(200, "gzip", zipped(begin, 1), zipped(repeat, max(1, mib/len(repeat))))
	}
	for name, c := range map[string]struct {
		serve http.Handler
		want  string
	}{
		"endless body, 201":       {endless(201, "", nil, spaces), "Unknown Unexpected"},
		"endless string, 201":     {endless(201, "", inString, letters), "Unknown Unexpected"},
		"endless string, 500":     {endless(500, "", inString, letters), "Unknown Server"},
		"endless string, 404":     {endless(404, "", inString, letters), "NotFound"},
		"gzip bomb, 201":          {endless(201, "gzip", nil, zipped(" ", mib)), "Unknown Unexpected"},
		"list, zipped string":     {list(`{"results":"`, "x"), ""},
		"list, zipped key":        {list(`{"results":[`, `{"key":"aaaaaaaaaaaaaaaaaaaaa"},`), ""},
		"list, zipped references": {list(`{"results":[`, `{"aliased_secret":{},"overridden_secret":{}},`), ""},
		"list, zipped pointers":   {list(`{"results":[`, `{"owned_by":"","description":""},`), ""},
		"list, invalid UTF-8":     {list(`{"results":[{"key":"`, "\xff"), ""},
		"list, zipped null":       {list(`{"results":[`, `null,`), ""},
		"list, zipped numbers":    {list(`{"results":[`, `1,`), ""},
		"list, zipped small ones": {list(`{"results":[`, `{"id":"0c000000-0000-4000-8000-000000000003","key":"K","scope":"JOB","aliased_secret":{},"overridden_secret":{},"owned_by":""},`), ""},
	} {
		t.Run(name, func(t *testing.T) {
			srv, requests, every, most := serve(t, c.serve, emptyList), int32(7), 200*time.Microsecond, uint64(8*mib)
			call := func(client *api.Client) error { return errOf(create(t, client)) }
			if strings.HasPrefix(name, "list") {
				srv, requests, every, most, c.want = serve(t, emptyList, c.serve), 1, 2*time.Millisecond, 128*mib, "Unexpected"
				call = func(client *api.Client) error { return errOf(client.ListJobSecrets(t.Context(), aJob)) }
			}
			client := clientOf(t, srv.URL, api.WithAttemptTimeout(time.Minute))
			var err error
			held := peak(every, func() { err = call(client) })
			t.Logf("%.1f MiB", float64(held)/mib)
			if sentinels(err) != c.want || held > most || srv.creates.Load()+srv.lists.Load() > requests {
				t.Errorf("at most %d MiB; %d lists, matches %q: %.300v", most>>20, srv.lists.Load(), sentinels(err), err)
			}
		})
	}
}

// What is kept of a response does not keep the response.
func TestKeptValuesAreSmall(t *testing.T) {
	broken := clientOf(t, serve(t, reply{status: 201, body: strings.Repeat("x", mib)}, emptyList).URL)
	list := manySecrets(5_000)
	listed := clientOf(t, nowhere, over(func(*http.Request) (*http.Response, error) { return reply{status: 200, body: list}.response(), nil }))
	heap := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC() // which empties pools
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	for name, value := range map[string]func() any{
		"an error": func() any { return errOf(create(t, broken)) },
		"a secret's copy": func() any {
			s, err := listed.FindJobSecret(t.Context(), aJob, "SECRET_4321")
			want(t, err, "-", 0)
			return s
		},
	} {
		value() // what is made once
		before := heap()
		var kept [5]any
		for i := range kept {
			kept[i] = value()
		}
		if each := (heap() - before) / int64(len(kept)); each > 64<<10 {
			t.Errorf("%s keeps %d KiB", name, each>>10)
		}
		runtime.KeepAlive(kept)
	}
}

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

// No call leaves a goroutine behind, however it ends, over real connections.
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
