package bench

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"
)

// report renders the results as Markdown.
func (all *allResults) report(now time.Time) string {
	var b strings.Builder
	fmt.Fprintf(&b, `# What it costs

Written by `+"`make bench`"+` on %s,
with %s on %s/%s and %d cores, which client and server share with
whatever else was running.

Ratios are of what was measured side by side, in turn, and in another order each round.
Each is the median of those of all rounds; the brackets contain the true median with 95
percent certainty. Over loopback, bytes and allocations are those of client and server
together.

`, now.UTC().Format("2 January 2006"), runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	section := func(title, text, table string) { fmt.Fprintf(&b, "## %s\n\n%s\n\n%s\n", title, text, table) }
	section("Targets", "What is aimed at, and that costs grow linearly.", targetTable(all.targets()))
	section("One create", `The same request and the same response. Two parts of what api.Client adds stand beside
it: what the generated client does, and a deadline of 30 s, which each attempt has. ogen's
client is generated from the same document, with ogen's defaults.`, createTable(all.creates))
	section("Many at once", `All connections are open when this starts. EnsureJobSecretAliases lists the secrets
first; for the aliases of many secrets it finds their ids in that list, and the
hand-written POSTs are told them.`, bulkTable(slices.Concat(all.ensures, all.lists)))
	section("EnsureJobSecretAliases by size", "HTTP/1.1, a new client each time, all aliases missing.", scaleTable("aliases", all.ensure))
	section("ListJobSecrets by size", "HTTP/1.1, a new client each time.", scaleTable("secrets", all.list))
	section("Against adversity", fmt.Sprintf(`EnsureJobSecretAliases in a job of apitest without a fault but the one named, over
HTTP/1.1; all aliases are reported and there in the end. Ideal is one alias every %s, and
no list.`, time.Second/limitRate), adverseTable(all.adverse))
	section("A new process", `What a program does first and once, over TLS with HTTP/2, from dialling on: the first alias
is a list, in which the secret is found by its key, and a create. Time is counted from when
main begins, memory is the heap in use at most.`, freshTable(all.fresh))
	section("Building an importer", `A minimal program that creates an alias: built with nothing built before, and with what
the hand-written one needs, the standard library, built before. Medians. Vendored are the
folders of the packages outside the standard library, as go mod vendor copies them.`, buildTable(all.builds))
	return strings.TrimRight(b.String(), "\n") + "\n"
}

func targetTable(targets []target) string {
	t := newTable("measure", "target", "measured", "")
	for _, v := range targets {
		verdict := "met"
		if !v.met() {
			verdict = "not met"
		}
		measured := fmt.Sprintf("%.2f", v.value)
		if v.around != "" {
			measured += " [" + v.around + "]"
		}
		t.add(v.measure, fmt.Sprintf("≤ %.2f", v.bound), measured, verdict)
	}
	return t.String()
}

func createTable(results []createResult) string {
	t := newTable("transport", "at once", "client", "time", "bytes", "allocations", "time ÷ hand-written", "allocations ÷ hand-written")
	for _, c := range results {
		for _, s := range c.subjects {
			f := c.of(s.name)
			t.add(c.transport, fmt.Sprint(c.atOnce), s.name, micros(f.nanos), fmt.Sprintf("%.0f", f.bytes), fmt.Sprintf("%.1f", f.allocs),
				c.time(s.name, handWritten).String(), fmt.Sprintf("%.2f", c.allocs(s.name, handWritten)))
		}
	}
	return t.String()
}

func bulkTable(results []bulkResult) string {
	t := newTable("what", "transport", "how", "time", "MB", "allocations", "time ÷ hand-written", "allocations ÷ hand-written")
	for _, c := range results {
		base := c.subjects[0].name
		for _, s := range c.subjects {
			f := c.of(s.name)
			t.add(c.what, c.transport, s.name, millis(f.nanos), megabytes(f.bytes), fmt.Sprintf("%.0f", f.allocs),
				c.time(s.name, base).String(), fmt.Sprintf("%.2f", c.allocs(s.name, base)))
		}
	}
	return t.String()
}

func scaleTable(what string, results []scaleResult) string {
	t := newTable(what, "time", "time each", "allocations each", "MB allocated", "MB heap at most", "requests", "connections")
	for _, r := range results {
		each := float64(r.size)
		t.add(fmt.Sprint(r.size), millis(r.nanos), micros(r.nanos/each), fmt.Sprintf("%.1f", r.allocs/each),
			megabytes(r.bytes), megabytes(r.peak), fmt.Sprintf("%.0f", r.requests), fmt.Sprintf("%.0f", r.connections))
	}
	return t.String()
}

func adverseTable(results []adverseResult) string {
	t := newTable("server", "aliases", "time", "time ÷ ideal", "requests", "lists of them", "requests ÷ aliases")
	for _, r := range results {
		ideal := "–"
		if r.ideal > 0 {
			ideal = fmt.Sprintf("%.2f", r.nanos/r.ideal)
		}
		t.add(r.name, fmt.Sprint(r.size), millis(r.nanos), ideal, fmt.Sprintf("%.0f", r.requests), fmt.Sprintf("%.0f", r.lists),
			fmt.Sprintf("%.2f", r.requests/float64(r.size)))
	}
	return t.String()
}

func freshTable(results []freshResult) string {
	t := newTable("what", "how", "time", "MB heap at most", "requests", "connections", "time ÷ hand-written", "memory ÷ hand-written")
	one := newRatio([]float64{1})
	for _, r := range results {
		add := func(how string, f freshFigures, i int, time, peak ratio) {
			t.add(r.task, how, millis(f.Nanos), megabytes(f.Peak), fmt.Sprint(r.requests[i]), fmt.Sprint(r.connections[i]), time.String(), peak.String())
		}
		add(handWritten, r.byHand, 0, one, one)
		add(thisClient, r.client, 1, r.time, r.peak)
	}
	return t.String()
}

func buildTable(results []buildResult) string {
	t := newTable("importer", "cold build", "after hand-written", "binary", "packages", "outside the standard library", "vendored")
	for _, r := range results {
		t.add(r.name, seconds(r.cold), seconds(r.further), megabytes(float64(r.binary))+" MB", fmt.Sprint(r.packages), fmt.Sprint(r.foreign), fmt.Sprintf("%d files, %.0f KiB", r.files, float64(r.vendored)/1024))
	}
	return t.String()
}

func micros(nanos float64) string    { return fmt.Sprintf("%.1f µs", nanos/1e3) }
func millis(nanos float64) string    { return fmt.Sprintf("%.2f ms", nanos/1e6) }
func megabytes(bytes float64) string { return fmt.Sprintf("%.2f", bytes/1e6) }

func seconds(values []float64) string {
	if len(values) == 0 {
		return "–"
	}
	return fmt.Sprintf("%.1f s", median(values))
}

func (r ratio) String() string { return fmt.Sprintf("%.2f [%.2f to %.2f]", r.median, r.low, r.high) }
