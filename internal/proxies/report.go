package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/internal/judge"
)

// columns are the kinds of reports, and the verdict on them.
var columns = []string{"success", "outcome_unknown", "not_sent", "invalid_request", "forbidden", "not_found",
	"conflict", "rate_limited", "server_error", "unexpected_response", "no_response", "wrong", "exempt"}

// result is what the calls of a setting reported.
type result struct {
	setting setting
	history *judge.History
	calls   []*call
	took    time.Duration
}

// report prints a table and what else there is to say, and returns how many reports are wrong.
func report(results []*result) (wrong int) {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 1, ' ', tabwriter.AlignRight)
	defer w.Flush()
	fmt.Fprintln(w, "setting\tverb\tcalls\t"+strings.Join(columns, "\t")+"\t")
	for _, r := range results {
		for _, verb := range []string{"create", "ensure", "batch", "delete", "list"} {
			calls, counts := r.count(verb)
			if calls == 0 {
				continue
			}
			fmt.Fprintf(w, "%s\t%s\t%d\t", r.setting.name, verb, calls)
			for _, column := range columns {
				fmt.Fprintf(w, "%d\t", counts[column])
			}
			fmt.Fprintln(w)
			wrong += counts["wrong"]
		}
		r.note()
	}
	return wrong
}

// parts returns the calls of a verb that were made.
func (r *result) parts(verbs ...string) (parts []*judge.Call) {
	for _, c := range r.calls {
		if c.done && slices.Contains(verbs, c.verb) {
			parts = append(parts, c.parts...)
		}
	}
	return parts
}

func (r *result) count(verb string) (calls int, counts map[string]int) {
	counts = map[string]int{}
	for _, part := range r.parts(verb) {
		calls++
		counts[cmp.Or(part.Kind(), "success")]++
		counts[r.verdict(part)]++
	}
	return calls, counts
}

// verdict returns "wrong", "exempt" or "" for what a call reported.
func (r *result) verdict(part *judge.Call) string {
	what := r.history.Misreport(part)
	if what == "" {
		return ""
	}
	if r.setting.repeats && part.Verb == "create" {
		part.Repeated, part.Blind = true, true
		if r.history.Misreport(part) == "" {
			return "exempt"
		}
	}
	fmt.Printf("%s, call %d, %s %s: %s: %v\n", r.setting.name, part.ID, part.Verb, part.Request.Key, what, part.Err)
	return "wrong"
}

// note says how the aliases fared that could be ensured.
func (r *result) note() {
	var all, ensured, unknown float64
	for _, part := range r.parts("ensure", "batch") {
		switch kind := part.Kind(); {
		case kind == "conflict" || errors.Is(part.Err, api.ErrForbidden):
			continue
		case kind == "":
			ensured++
		case kind == "outcome_unknown":
			unknown++
		}
		all++
	}
	fmt.Printf("%s: %.1f s; of %.0f aliases that no 403 hit and nothing else holds, %.2f %% are ensured, %.2f %% unknown\n",
		r.setting.name, r.took.Seconds(), all, 100*ensured/all, 100*unknown/all)
	if ideal := all / limitRate; r.setting.limits {
		fmt.Printf("%s: %.2f times the %.1f s that the limit allows\n", r.setting.name, r.took.Seconds()/ideal, ideal)
	}
}
