package api_test

// What a server can make its client take: measured as the highest HeapInuse, sampled
// while the call runs, above that before it, after a garbage collection. The server, in
// the same process, sends one static buffer over and over.

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/qovery-alias/qovery-alias-go/api"
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

// zipped is a gzip member of a text repeated to 1 MiB, of which any number may follow
// each other.
func zipped(text string) []byte {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression)
	w.Write(bytes.Repeat([]byte(text), max(1, mib/len(text))))
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

func TestMemoryIsBounded(t *testing.T) {
	letters, spaces := bytes.Repeat([]byte{'x'}, 64<<10), bytes.Repeat([]byte{' '}, 64<<10)
	inString := []byte(`{"detail":"`)
	for name, c := range map[string]struct {
		serve http.Handler
		want  string
	}{
		"endless body, 201":   {endless(201, "", nil, spaces), "Unknown Unexpected"},
		"endless string, 201": {endless(201, "", inString, letters), "Unknown Unexpected"},
		"endless string, 500": {endless(500, "", inString, letters), "Unknown Server"},
		"endless string, 404": {endless(404, "", inString, letters), "NotFound"},
		"gzip bomb, 201":      {endless(201, "gzip", nil, zipped(" ")), "Unknown Unexpected"},
	} {
		t.Run(name, func(t *testing.T) {
			client := clientOf(t, serve(t, c.serve, emptyList).URL, api.WithAttemptTimeout(time.Minute))
			var err error
			held := peak(200*time.Microsecond, func() { _, err = create(t, client) })
			if sentinels(err) != c.want || held > 8*mib {
				t.Errorf("%.1f MiB, matches %q: %.300v", float64(held)/mib, sentinels(err), err)
			}
		})
	}
	// Whatever the shape of a list, it takes no more than 128 MiB.
	for name, c := range map[string]struct{ begin, repeat string }{
		"zipped string":     {`{"results":"`, "x"},
		"zipped key":        {`{"results":[`, `{"key":"aaaaaaaaaaaaaaaaaaaaa"},`},
		"zipped references": {`{"results":[`, `{"aliased_secret":{},"overridden_secret":{}},`},
		"zipped pointers":   {`{"results":[`, `{"owned_by":"","description":""},`},
		"zipped null":       {`{"results":[`, `null,`},
		"zipped numbers":    {`{"results":[`, `1,`},
		"zipped small ones": {`{"results":[`, `{"id":"0c000000-0000-4000-8000-000000000003","key":"K","scope":"JOB","aliased_secret":{},"overridden_secret":{},"owned_by":""},`},
	} {
		t.Run("list, "+name, func(t *testing.T) {
			var begin bytes.Buffer
			w := gzip.NewWriter(&begin)
			w.Write([]byte(c.begin))
			w.Close()
			srv := serve(t, emptyList, endless(200, "gzip", begin.Bytes(), zipped(c.repeat)))
			client := clientOf(t, srv.URL, api.WithAttemptTimeout(time.Minute))
			var err error
			held := peak(2*time.Millisecond, func() { _, err = client.ListJobSecrets(t.Context(), aJob) })
			if sentinels(err) != "Unexpected" || srv.lists.Load() != 1 {
				t.Errorf("%d lists, matches %q: %.300v", srv.lists.Load(), sentinels(err), err)
			}
			if t.Logf("%.1f MiB", float64(held)/mib); held > 128*mib {
				t.Errorf("%.1f MiB", float64(held)/mib)
			}
		})
	}
}

// An error does not keep the response that it was made from.
func TestErrorsAreSmall(t *testing.T) {
	client := clientOf(t, serve(t, reply{status: 201, body: strings.Repeat("x", mib)}, emptyList).URL)
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
