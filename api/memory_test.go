package api_test

// How much memory a server can make its client take.

import (
	"net/http"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/qovery-alias/qovery-alias-go/api"
)

const mib = 1 << 20

// endless responds with chunk after chunk until the client has enough, or has had 1 GiB.
func endless(status int, encoding string, begin, chunk []byte) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", encoding)
		w.WriteHeader(status)
		w.Write(begin)
		for sent := 0; sent < 1<<30; sent += len(chunk) {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	})
}

// peak is how far HeapInuse rises while f runs. A collector that runs often makes what is kept count.
func peak(f func()) uint64 {
	defer debug.SetGCPercent(debug.SetGCPercent(10))
	var stats runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&stats)
	before, highest := stats.HeapInuse, uint64(0)
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	for {
		runtime.ReadMemStats(&stats)
		highest = max(highest, stats.HeapInuse)
		select {
		case <-done:
			return highest - before
		case <-time.After(time.Millisecond):
		}
	}
}

// Whatever the shape of a list, it takes no more than 128 MiB, and any other response 8 MiB.
func TestMemoryIsBounded(t *testing.T) {
	many := func(text string) []byte { return zipped(text, max(1, mib/len(text))) }
	small := `{"id":"` + anAlias.String() + `","key":"K","scope":"JOB","aliased_secret":{},"owned_by":""},`
	for name, c := range map[string]struct {
		status        int
		begin, repeat string
		want          string
	}{
		"201, blanks":   {201, "", " ", "Unknown Unexpected"},
		"500, a string": {500, `{"detail":"`, "x", "Unknown Server"},
		"404, a string": {404, `{"detail":"`, "x", "NotFound"},
		"a string":      {200, `{"results":"`, "x", "Unexpected"},
		"no ids":        {200, `{"results":[`, `{"key":"aaaaaaaaaaaaaaaaaaaaa"},`, "Unexpected"},
		"references":    {200, `{"results":[`, `{"aliased_secret":{},"overridden_secret":{}},`, "Unexpected"},
		"invalid UTF-8": {200, `{"results":[{"key":"`, "\xff", "Unexpected"},
		"nulls":         {200, `{"results":[`, `null,`, "Unexpected"},
		"members":       {200, `{"results":[{`, `"a":[],`, "Unexpected"},
		"arrays":        {200, `{"results":[`, `[`, "Unexpected"},
		"small ones":    {200, `{"results":[`, small, "Unexpected"},
		"lists":         {200, `{`, `"results":[],`, "Unexpected"},
		"malformed":     {200, `{"results":[`, strings.Replace(small, `""`, `7`, 1), "Unexpected"},
	} {
		t.Run(name, func(t *testing.T) {
			base := serve(t, endless(c.status, "gzip", zipped(c.begin, 1), many(c.repeat)))
			client := clientOf(t, nil, api.WithBaseURL(base), api.WithAttemptTimeout(time.Minute), api.WithRetries(0))
			call, most := func() error { return errOf(create(t, client)) }, uint64(8*mib)
			if c.status == 200 {
				call, most = func() error { return errOf(client.ListJobSecrets(t.Context(), aJob)) }, 128*mib
			}
			var err error
			used := peak(func() { err = call() })
			if t.Logf("%d MiB", used/mib); sentinels(err) != c.want || used > most {
				t.Errorf("%d MiB, matches %q: %.300v", used/mib, sentinels(err), err)
			}
		})
	}
}

// What is kept of a response does not keep the response.
func TestKeptValuesAreSmall(t *testing.T) {
	list := results(strings.Repeat(alias()+",", 5_000) + alias(fields{"key": "LAST"}))
	long := reply{status: 201, body: strings.Repeat("x", mib)}
	client := clientOf(t, fixed(long, reply{status: 200, body: list}))
	for name, value := range map[string]func() any{
		"an error": func() any { return errOf(create(t, client)) },
		"a secret": func() any { s, _ := client.FindJobSecret(t.Context(), aJob, "LAST"); return s },
	} {
		var before, after runtime.MemStats
		var kept [5]any
		for i := range kept {
			if kept[i] = value(); i == 0 { // in which something is made for all
				runtime.GC()
				runtime.ReadMemStats(&before)
			}
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		if each := (int64(after.HeapAlloc) - int64(before.HeapAlloc)) / 4; each > 64<<10 {
			t.Errorf("%s keeps %d KiB", name, each>>10)
		}
		runtime.KeepAlive(kept)
	}
}
