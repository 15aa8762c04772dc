package chain

// What is not seen through package api: the parsing of Retry-After at a fixed time,
// which operation a request is taken for, how a body is read, and how its elements are
// counted.

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

func FuzzRetryAfter(f *testing.F) {
	now := time.Date(2026, 8, 20, 10, 11, 12, 0, time.UTC)
	for _, value := range []string{
		"", "0", "7", "007", "60", "61", "-1", "+1", "1.5", "1e9", "0x10", " 7", "7 ", "7,8", "soon", "9223372036",
		"9223372037", "9223372036854775807", "9223372036854775808", "18446744074", "999999999999999999999999", "٧",
		"Thu, 20 Aug 2026 10:11:42 GMT", "Thursday, 20-Aug-26 10:11:42 GMT", "Thu Aug 20 10:11:42 2026",
		"Thu, 20 Aug 2026 10:11:12 GMT", "Thu, 01 Jan 1970 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT",
		"Thu, 20 Aug 2026 25:11:42 GMT", "2026-08-20T10:11:42Z",
	} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		got := parseRetryAfter(value, now)
		if got < 0 {
			t.Fatalf("%q: %s", value, got)
		}
		// What is a whole number of seconds never becomes a shorter wait than it says.
		if n, err := strconv.ParseUint(value, 10, 63); err == nil && n <= uint64(math.MaxInt64/time.Second) {
			if got != time.Duration(n)*time.Second {
				t.Fatalf("%q: %s", value, got)
			}
		} else if err == nil && got != math.MaxInt64 {
			t.Fatalf("%q: %s", value, got)
		}
		if got == 0 {
			return
		}
		if _, err := http.ParseTime(value); err != nil {
			for _, r := range value {
				if r < '0' || r > '9' {
					t.Fatalf("%q is neither seconds nor a date: %s", value, got)
				}
			}
		}
	})
}

func TestRetryAfterDates(t *testing.T) {
	now := time.Date(2026, 8, 20, 10, 11, 12, 500e6, time.UTC)
	for value, want := range map[string]time.Duration{
		"Thu, 20 Aug 2026 10:11:42 GMT":    29500 * time.Millisecond,
		"Thursday, 20-Aug-26 10:11:42 GMT": 29500 * time.Millisecond,
		"Thu Aug 20 10:11:42 2026":         29500 * time.Millisecond,
		"Thu, 20 Aug 2026 10:11:12 GMT":    0,
		"Fri, 31 Dec 9999 23:59:59 GMT":    math.MaxInt64,
	} {
		if got := parseRetryAfter(value, now); got != want {
			t.Errorf("%q: %s, want %s", value, got, want)
		}
	}
}

func TestOperation(t *testing.T) {
	list := &Operation{ID: "list", Method: "GET", Path: "/job/{id}/secret"}
	remove := &Operation{ID: "remove", Method: "DELETE", Path: "/job/{id}/secret/{secret}"}
	known := []*Operation{list, remove}
	for _, c := range []struct{ base, method, target, want string }{
		{"https://x/", "GET", "https://x/job/1/secret", "list"},
		{"https://x/a/b/", "GET", "https://x/a/b/job/1/secret", "list"},
		{"https://x/", "DELETE", "https://x/job/1/secret/2", "remove"},
		{"https://x/", "GET", "https://x/job/1/secret/2", "request"},
		{"https://x/", "DELETE", "https://x/job/1/secret", "request"},
		{"https://x/", "POST", "https://x/job/1/secret", "request"},
		{"https://x/", "GET", "https://x/job/1/secret/", "request"},
		{"https://x/", "GET", "https://x/job/1/variable", "request"},
		{"https://x/", "GET", "https://x/jobs/1/secret", "request"},
		{"https://x/", "GET", "https://x/", "request"},
		{"https://x/", "GET", "https://x", "request"},
		{"https://x/a/", "GET", "https://x/job/1/secret", "list"}, // elsewhere, but the same host
	} {
		base, err := url.Parse(c.base)
		if err != nil {
			t.Fatal(err)
		}
		r, err := http.NewRequest(c.method, c.target, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := (&Chain{Base: base}).Operation(r, known); got.ID != c.want || got.Method != c.method || c.want == "request" && got.Limit == 0 {
			t.Errorf("%s %s below %s: %+v", c.method, c.target, c.base, got)
		}
	}
	// Of one that is not known any success will do, and a POST is sent once.
	other := &Operation{Method: "POST"}
	for status, want := range map[int]bool{199: false, 200: true, 201: true, 204: true, 299: true, 300: false, 404: false} {
		if other.Succeeded(status) != want {
			t.Errorf("%d: %t", status, !want)
		}
	}
	for method, want := range map[string]bool{"GET": true, "DELETE": true, "POST": false, "PUT": false, "PATCH": false} {
		if (&Operation{Method: method}).Idempotent() != want {
			t.Errorf("%s: %t", method, !want)
		}
	}
}

// A body arrives whole whatever length is announced and in whatever pieces it comes, and
// is cut at the limit.
func TestReadUpTo(t *testing.T) {
	for _, size := range []int{0, 1, 511, 512, 513, 1000, 64 << 10, 64<<10 + 1, 1 << 20, 3<<20 + 7} {
		want := make([]byte, size)
		for i := range want {
			want[i] = byte(i * 31 >> 3)
		}
		for _, announced := range []int64{-1, 0, 1, int64(size) - 1, int64(size), int64(size) + 1, 1 << 40, math.MaxInt64} {
			for _, limit := range []int64{1, 1000, 64 << 10, int64(size) - 1, int64(size), int64(size) + 1, 64 << 20} {
				if limit < 1 {
					continue
				}
				for name, r := range map[string]io.Reader{
					"whole":      bytes.NewReader(want),
					"halves":     iotest.HalfReader(bytes.NewReader(want)),
					"end at end": iotest.DataErrReader(bytes.NewReader(want)),
				} {
					got, err := readUpTo(&http.Response{ContentLength: announced, Body: io.NopCloser(r)}, limit)
					if cut := want[:min(int64(size), limit)]; err != nil || !bytes.Equal(got, cut) {
						t.Fatalf("%d bytes, %d announced, at most %d, %s: %d bytes, %v", size, announced, limit, name, len(got), err)
					}
					most := max(64<<10, 2*len(got))
					if len(got) >= 64<<10 {
						most = max(8<<20, most)
					}
					if cap(got) > most*5/4 { // a fifth for size classes
						t.Fatalf("%d bytes, %d announced, at most %d, %s: %d are held", size, announced, limit, name, cap(got))
					}
				}
			}
		}
	}
	broken := &http.Response{ContentLength: -1, Body: io.NopCloser(io.MultiReader(strings.NewReader("half"), iotest.ErrReader(io.ErrUnexpectedEOF)))}
	if got, err := readUpTo(broken, 1000); string(got) != "half" || err != io.ErrUnexpectedEOF {
		t.Errorf("%q, %v", got, err)
	}
}

// FuzzElements counts with encoding/json, in whatever is JSON.
func FuzzElements(f *testing.F) {
	for _, text := range []string{
		`{"results":[]}`, `{"results":[{},{},{}]}`, `[[1,2],{"a":1,"b":[1,2,3]},[null]]`, `{"a":"b,c","d":["e,f","g"]}`,
		`{"a":["\\",","]}`, `{"a":["\"",","]}`, `{"a":["\\\"",","]}`, `{"a":["\\\\",",",",,"]}`, `{"a\"":[1,2]}`, `"`, `"\`, `"a,`, `[`, ``, `null`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := elements([]byte(text))
		if !json.Valid([]byte(text)) {
			return // must come back, that is all
		}
		tokens, depth, want := json.NewDecoder(strings.NewReader(text)), 0, 0
		var inObject []bool // of each open level
		children := 0       // of the second level, names and values
		for {
			token, err := tokens.Token()
			if err != nil {
				break
			}
			delim, _ := token.(json.Delim)
			if delim == ']' || delim == '}' {
				if depth == 2 {
					if inObject[1] {
						children /= 2
					}
					want += max(0, children-1)
				}
				depth--
				inObject = inObject[:depth]
				continue
			}
			if depth == 2 {
				children++
			}
			if delim != 0 {
				if depth++; depth == 2 {
					children = 0
				}
				inObject = append(inObject, delim == '{')
			}
		}
		if got != want {
			t.Errorf("%s: %d, want %d", text, got, want)
		}
	})
}

func TestFullJitter(t *testing.T) {
	for retry, bound := range map[int]time.Duration{
		1: 500 * time.Millisecond, 2: time.Second, 3: 2 * time.Second, 4: 4 * time.Second, 5: 8 * time.Second, 6: 8 * time.Second,
		64: 8 * time.Second, math.MaxInt: 8 * time.Second,
	} {
		var highest time.Duration
		for range 1000 {
			wait := FullJitter(retry)
			if wait < 0 || wait >= bound {
				t.Fatalf("retry %d: %s", retry, wait)
			}
			highest = max(highest, wait)
		}
		if highest < bound*9/10 {
			t.Errorf("retry %d: never above %s", retry, highest)
		}
	}
}
