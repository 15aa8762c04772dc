package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"text/tabwriter"
	"time"
)

// resultsFile has a section at its end that starts with sectionMark and is written here.
const (
	resultsFile = "../bench/RESULTS.md"
	sectionMark = "<!-- What follows is written by make compare. -->\n"
)

// What is aimed at for the aliases that no 403 hits.
const (
	target      = 0.999
	targetVerb  = "EnsureJobSecretAlias"
	targetWords = "done, of the free keys that no 403 hit"
)

// compareSection renders the tallies as Markdown.
func compareSection(tallies []*tally, l load, now time.Time) string {
	var b strings.Builder
	b.WriteString(sectionMark)
	fmt.Fprintf(&b, `## What clients report

Written by `+"`make compare ARGS=\"-calls %d -seed %d\"`"+` on %s,
with %s on %s/%s and %d cores, which all programs share.

Every client asks for the same aliases, one every %s and %d at once at most, behind
haproxy: TLS and HTTP/2, 50 ms for the server, one request in 50 denied by 403, killed
and started again every 400 ms or so. Restarts and the server's delays follow from the
seed. One key in 16 is another secret's. What a client told its user is held against what
the server has in the end. Requests are those that the client made, lists included.

`, l.calls, l.seed, now.UTC().Format("2 January 2006"), runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), comparePace, atOnce)
	w := tabwriter.NewWriter(&b, 0, 0, 0, ' ', 0)
	line := func(cells ...string) { fmt.Fprintln(w, "| "+strings.Join(cells, "\t | ")+"\t |") }
	head := []string{"client", "creates"}
	for _, v := range verdicts {
		head = append(head, string(v))
	}
	head = append(head, targetWords, "requests", "p50", "p99", "haproxy down")
	line(head...)
	rule := make([]string, len(head))
	for i := range rule {
		rule[i] = "---"
	}
	line(rule...)
	for _, t := range tallies {
		cells := []string{t.name, fmt.Sprint(t.calls)}
		for _, v := range verdicts {
			cells = append(cells, fmt.Sprint(t.counts[v]))
		}
		line(append(cells, fmt.Sprintf("%.2f %%", 100*t.share()), fmt.Sprint(t.requests),
			percentile(t.took, 50).String(), percentile(t.took, 99).String(), fmt.Sprintf("%.0f %%", 100*t.down))...)
	}
	w.Flush()
	for _, t := range tallies {
		if t.name == targetVerb {
			verdict := "met"
			if t.share() < target || t.wrong() > 0 {
				verdict = "not met"
			}
			fmt.Fprintf(&b, "\nTarget: %s, %s ≥ %.1f %%, wrong reports 0; measured %.2f %%, %d: %s.\n",
				t.name, targetWords, 100*target, 100*t.share(), t.wrong(), verdict)
		}
	}
	return b.String()
}

// share is what part of the free keys that no 403 hit is done.
func (t *tally) share() float64 { return float64(t.ended) / float64(max(1, t.spared)) }

// writeSection replaces the section of a file.
func writeSection(file, section string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	before, _, _ := strings.Cut(string(text), sectionMark)
	return os.WriteFile(file, []byte(strings.TrimRight(before, "\n")+"\n\n"+section), 0o644)
}
