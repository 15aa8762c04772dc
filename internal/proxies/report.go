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
	calls   []*call
	took    time.Duration
}

// report prints what the calls reported, and returns how many reports are wrong.
func report(results []*result) (wrong int) {
	for _, r := range results {
		fmt.Printf("%s, %.1f s\n", r.setting.name, r.took.Seconds())
		for _, verb := range []string{"create", "ensure", "batch", "delete", "list"} {
			counts := map[string]int{}
			for _, part := range r.parts(verb) {
				counts["calls"]++
				counts[cmp.Or(part.Kind(), "success")]++
				counts[r.verdict(part)]++
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
		if ideal := note(r.parts("ensure", "batch")) / limitRate; r.setting.limits {
			fmt.Printf("     %.2f times the %.1f s that the limit allows\n", r.took.Seconds()/ideal, ideal)
		}
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
	fmt.Printf("   WRONG: call %d, %s %s: %s: %v\n", part.ID, part.Verb, part.Request.Key, what, part.Err)
	return "wrong"
}

// note says how the aliases fared that could be made, and returns how many those are.
func note(parts []*judge.Call) (all float64) {
	var made, unknown float64
	for _, part := range parts {
		switch kind := part.Kind(); {
		case kind == "conflict" || errors.Is(part.Err, api.ErrForbidden):
			continue
		case kind == "":
			made++
		case kind == "outcome_unknown":
			unknown++
		}
		all++
	}
	fmt.Printf("     of %.0f that no 403 hit and nothing else held, %.2f %% are made, %.2f %% unknown\n",
		all, 100*made/all, 100*unknown/all)
	return all
}
