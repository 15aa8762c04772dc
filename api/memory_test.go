package api_test

// What a server can make its client hold: measured as the highest HeapInuse, sampled
// while the call runs, above that before it, after a garbage collection. The server,
// in the same process, sends one static buffer over and over.

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"runtime"
	"runtime/debug"
	"sync"
	"testing"
	"time"

	"github.com/qovery-alias/qovery-alias-go/api"
)

// endless answers with status and chunk after chunk until the client has enough,
// or has had max bytes, so that a client that never does fails and not hangs.
func endless(status int, encoding string, begin, chunk []byte) http.Handler {
	const most = 1 << 30
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if encoding != "" {
			w.Header().Set("Content-Encoding", encoding)
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		w.Write(begin)
		for sent := 0; sent < most; sent += len(chunk) {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	})
}

// bomb is gzip of 1 MiB of spaces in 1 KiB, of which any number may follow each other.
func bomb(prefix string) []byte {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression)
	w.Write([]byte(prefix))
	w.Write(bytes.Repeat([]byte{' '}, 1<<20))
	w.Close()
	return b.Bytes()
}

// peak is how far HeapInuse rises while f runs.
func peak(every time.Duration, f func()) uint64 {
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

func TestMemoryIsBounded(t *testing.T) {
	const mib = 1 << 20
	spaces := bytes.Repeat([]byte{' '}, 64<<10)
	inString := []byte(`{"detail":"`)
	letters := bytes.Repeat([]byte{'x'}, 64<<10)
	for _, c := range []struct {
		name    string
		status  int
		answer  func(status int) http.Handler
		matches string
	}{
		{"endless body, 201", 201, func(s int) http.Handler { return endless(s, "", nil, spaces) }, "ErrOutcomeUnknown ErrUnexpectedResponse"},
		{"endless string, 201", 201, func(s int) http.Handler { return endless(s, "", inString, letters) }, "ErrOutcomeUnknown ErrUnexpectedResponse"},
		{"endless body, 500", 500, func(s int) http.Handler { return endless(s, "", nil, spaces) }, "ErrOutcomeUnknown ErrServer"},
		{"endless string, 500", 500, func(s int) http.Handler { return endless(s, "", inString, letters) }, "ErrOutcomeUnknown ErrServer"},
		{"endless body, 404", 404, func(s int) http.Handler { return endless(s, "", inString, letters) }, "ErrNotFound"},
		{"endless body, 302", 302, func(s int) http.Handler { return endless(s, "", inString, letters) }, "ErrOutcomeUnknown ErrUnexpectedResponse"},
		{"gzip bomb, 201", 201, func(s int) http.Handler { return endless(s, "gzip", nil, bomb("")) }, "ErrOutcomeUnknown ErrUnexpectedResponse"},
		{"gzip bomb, 500", 500, func(s int) http.Handler { return endless(s, "gzip", nil, bomb("")) }, "ErrOutcomeUnknown ErrServer"},
	} {
		t.Run(c.name, func(t *testing.T) {
			// A collector that runs often makes what is held count, not what was dropped.
			defer debug.SetGCPercent(debug.SetGCPercent(10))
			srv := serve(t, c.answer(c.status), emptyList)
			client := clientOf(t, srv.URL, api.WithAttemptTimeout(time.Minute))
			var err error
			held := peak(200*time.Microsecond, func() { _, err = create(t, client) })
			if failure(t, err, creating); matched(err) != c.matches {
				t.Errorf("matches %q: %v", matched(err), err)
			}
			t.Logf("%.1f MiB", float64(held)/mib)
			if held > 8*mib {
				t.Errorf("held %.1f MiB", float64(held)/mib)
			}
		})
	}
	// A list may be of 64 MiB, and room for it grows by doubling, so that it is held
	// a few times over until the garbage of that is collected.
	for name, list := range map[string]http.Handler{
		"endless string, 200": endless(200, "", inString, letters),
		"gzip bomb, 200":      endless(200, "gzip", nil, bomb("")),
	} {
		t.Run(name, func(t *testing.T) {
			srv := serve(t, emptyList, list)
			client := clientOf(t, srv.URL, api.WithAttemptTimeout(time.Minute))
			var err error
			held := peak(5*time.Millisecond, func() { _, err = client.ListJobSecrets(t.Context(), aJob) })
			if failure(t, err, listing); matched(err) != "ErrUnexpectedResponse" || srv.lists.Load() != 1 {
				t.Errorf("%d lists, matches %q: %v", srv.lists.Load(), matched(err), err)
			}
			t.Logf("%.1f MiB", float64(held)/mib)
			if held > 6*64*mib {
				t.Errorf("held %.1f MiB", float64(held)/mib)
			}
		})
	}
}

// A list that is small on the wire may be large in memory: each {} becomes a secret
// of some 200 bytes, and room for them grows by doubling too.
func TestMemoryOfManyNothings(t *testing.T) {
	const size = 1 << 20
	body := bytes.NewBufferString(`{"results":[`)
	for body.Len() < size {
		body.WriteString("{},")
	}
	body.WriteString("{}]}")
	srv := serve(t, emptyList, answer{status: 200, body: body.String()})
	client := clientOf(t, srv.URL, api.WithAttemptTimeout(time.Minute))
	held := peak(5*time.Millisecond, func() { client.ListJobSecrets(t.Context(), aJob) })
	if t.Logf("%.1f MiB", float64(held)/(1<<20)); held > 32*size {
		t.Errorf("held %d times what was sent", held/size)
	}
}

// What an error keeps does not hold on to the answer it was made from.
func TestErrorsAreSmall(t *testing.T) {
	srv := serve(t, answer{status: 201, body: string(bytes.Repeat([]byte{'x'}, 1<<20))}, emptyList)
	client := clientOf(t, srv.URL)
	var kept []error
	var before, after runtime.MemStats
	create(t, client)
	runtime.GC()
	runtime.ReadMemStats(&before)
	for range 5 {
		_, err := create(t, client)
		kept = append(kept, err)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if each := (int64(after.HeapAlloc) - int64(before.HeapAlloc)) / int64(len(kept)); each > 64<<10 {
		t.Errorf("an error keeps %d KiB", each>>10)
	}
}
