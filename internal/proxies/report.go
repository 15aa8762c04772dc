package main

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/internal/judge"
)

// result is what the calls of a setting reported.
type result struct {
	*stage
	setting setting
	calls   [][]*judge.Call
	took    time.Duration
}

// report prints what the calls reported, and returns how many reports are wrong.
func report(results []*result) (wrong int) {
	for _, r := range results {
		fmt.Printf("%s, %.1f s\n", r.setting.name, r.took.Seconds())
		for _, verb := range []string{"create", "ensure", "batch", "delete", "list"} {
			counts := map[string]int{}
			for _, c := range r.made(verb) {
				counts["calls"]++
				counts[cmp.Or(c.Kind(), "success")]++
				counts[r.verdict(c)]++
			}
			if counts["calls"] == 0 {
				continue
			}
			fmt.Printf("%8s: %d calls, %d wrong", verb, counts["calls"], counts["wrong"])
			wrong += counts["wrong"]
			for _, name := range slices.Sorted(maps.Keys(counts)) {
				if name != "" && name != "calls" && name != "wrong" {
					fmt.Printf(", %d %s", counts[name], name)
				}
			}
			fmt.Println()
		}
		if ideal := note(r.made("ensure", "batch")) / limitRate; r.setting.limits {
			fmt.Printf("     %.2f times the %.1f s that the limit allows\n", r.took.Seconds()/ideal, ideal)
		}
	}
	return wrong
}

// made returns the calls of some verbs that were made. Those made together are of the verb batch.
func (r *result) made(verbs ...string) (made []*judge.Call) {
	for _, together := range r.calls {
		verb := together[0].Verb
		if len(together) > 1 {
			verb = "batch"
		}
		if slices.Contains(verbs, verb) && !together[0].End.IsZero() {
			made = append(made, together...)
		}
	}
	return made
}

// verdict returns "wrong", "exempt" or "" for what a call reported.
func (r *result) verdict(c *judge.Call) string {
	what := r.history.Misreport(c)
	if what == "" {
		return ""
	}
	if r.setting.repeats && c.Verb == "create" {
		c.Repeated, c.Blind = true, true
		if r.history.Misreport(c) == "" {
			return "exempt"
		}
	}
	fmt.Printf("   WRONG: call %d, %s %s: %s: %v\n", c.ID, c.Verb, c.Request.Key, what, c.Err)
	return "wrong"
}

// note says how the aliases fared that could be made, and returns how many those are.
func note(calls []*judge.Call) (all float64) {
	var done, unknown float64
	for _, c := range calls {
		switch kind := c.Kind(); {
		case kind == "conflict" || errors.Is(c.Err, api.ErrForbidden):
			continue
		case c.Err == nil:
			done++
		case kind == "outcome_unknown":
			unknown++
		}
		all++
	}
	fmt.Printf("     of %.0f that no 403 hit and nothing else held, %.2f %% are made, %.2f %% unknown\n",
		all, 100*done/all, 100*unknown/all)
	return all
}
