package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/qovery-alias/qovery-alias-go/api"
)

// result is what a setting showed.
type result struct {
	setting  setting
	rows     []*row
	problems []string // each of them fails the run
	notes    []string
}

// row is that of one verb.
type row struct {
	verb          verb
	calls, ok     int
	there, not    int // unknown
	errors        map[string]int
	wrong, exempt int
	posts, lists  int
	took          []time.Duration
}

func newResult(s setting, l load, srv *server, calls []*call, took time.Duration) *result {
	r := &result{setting: s}
	created := map[jobKey]int{}
	for _, v := range []verb{create, ensure, batch, remove, list} {
		row := &row{verb: v, errors: map[string]int{}}
		for _, c := range calls {
			if c.verb == v {
				r.add(row, c, l.seed, created)
			}
		}
		if row.calls > 0 {
			r.rows = append(r.rows, row)
		}
	}
	for k, n := range created {
		if n > 1 {
			r.problems = append(r.problems, fmt.Sprintf("%s seed %d: created reported %d times for %s", s.name, l.seed, n, k.key))
		}
	}
	srv.mu.Lock()
	defer srv.mu.Unlock()
	for k, n := range srv.effects {
		if n > 1 {
			r.problems = append(r.problems, fmt.Sprintf("%s seed %d: %s created %d times", s.name, l.seed, k.key, n))
		}
	}
	r.note("%d calls in %.1f s; the server saw %v", len(calls), took.Seconds(), srv.methods)
	switch {
	case s.limits:
		r.noteLimit(calls[0], l, took)
	case s.program == "haproxy":
		r.noteEnsures(calls)
	}
	return r
}

func (r *result) note(format string, args ...any) {
	r.notes = append(r.notes, r.setting.name+": "+fmt.Sprintf(format, args...))
}

func (r *result) add(row *row, c *call, seed uint64, created map[jobKey]int) {
	row.calls++
	row.took = append(row.took, c.took)
	row.posts += c.attempts.posts
	row.lists += c.attempts.lists
	for _, a := range c.aliases {
		switch {
		case a.err == nil:
			row.ok++
		case a.unknown() && (a.after == asked) == (a.verb != remove): // took effect
			row.there++
		case a.unknown():
			row.not++
		default:
			row.errors[sentinel(a.err)]++
		}
		if a.created {
			created[jobKey{c.job.id, a.key}]++
		}
		why := a.wrong()
		if why == "" {
			continue
		}
		text := fmt.Sprintf("%s seed %d: %s %s: %s (timeout %s, before %d, after %d, %d POSTs took effect, created %t): %v",
			r.setting.name, seed, a.verb, a.key, why, c.timeout, a.before, a.after, a.effects, a.created, a.err)
		if r.setting.replays && a.verb == create && errors.Is(a.err, api.ErrConflict) {
			row.exempt++
		} else {
			row.wrong++
			r.problems = append(r.problems, text)
		}
	}
}

// noteLimit compares a batch with what the limit allows.
func (r *result) noteLimit(c *call, l load, took time.Duration) {
	ideal := float64(l.batch) / limitRate
	done, unknown := r.rows[0].ok, r.rows[0].there+r.rows[0].not
	r.note("%d of %d done, %d unknown, in %.1f s; ideal %.1f s, %.2f times as long",
		done, len(c.aliases), unknown, took.Seconds(), ideal, took.Seconds()/ideal)
}

// noteEnsures says how the ensures fared that no 403 came in the way of.
func (r *result) noteEnsures(calls []*call) {
	var all, ok, unknown int
	for _, c := range calls {
		if (c.verb != ensure && c.verb != batch) || c.attempts.denied {
			continue
		}
		for _, a := range c.aliases {
			if a.before == taken {
				continue
			}
			all++
			switch {
			case a.err == nil:
				ok++
			case a.unknown():
				unknown++
			}
		}
	}
	if all > 0 {
		percent := 100 / float64(all)
		r.note("%d aliases ensured that no 403 hit: %.2f %% done, %.2f %% unknown", all, percent*float64(ok), percent*float64(unknown))
	}
}

// writeTable writes the rows of all settings.
func writeTable(out io.Writer, results []*result) {
	w := tabwriter.NewWriter(out, 0, 0, 1, ' ', tabwriter.AlignRight)
	names := []string{"setting", "verb", "calls", "ok", "there", "not"}
	for _, s := range sentinels[1:] {
		names = append(names, s.name)
	}
	names = append(names, "wrong", "exempt", "POST", "list", "p50", "p99", "")
	fmt.Fprintln(w, strings.Join(names, "\t"))
	for _, r := range results {
		for _, row := range r.rows {
			fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%d\t%d\t", r.setting.name, row.verb, row.calls, row.ok, row.there, row.not)
			for _, s := range sentinels[1:] {
				fmt.Fprintf(w, "%d\t", row.errors[s.name])
			}
			fmt.Fprintf(w, "%d\t%d\t%d\t%d\t%s\t%s\t\n", row.wrong, row.exempt, row.posts, row.lists,
				percentile(row.took, 50), percentile(row.took, 99))
		}
	}
	w.Flush()
}

func percentile(took []time.Duration, p int) time.Duration {
	slices.Sort(took)
	return took[min(len(took)-1, len(took)*p/100)].Round(100 * time.Microsecond)
}
