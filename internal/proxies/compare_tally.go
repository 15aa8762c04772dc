package main

import "time"

// verdict is what a client said, held against what the server knows.
type verdict string

const (
	rightDone     verdict = "done"
	rightConflict verdict = "conflict"
	falseConflict verdict = "own alias reported as a conflict"
	falseSuccess  verdict = "success, key is another's"
	errorThere    verdict = "error, alias there"
	errorNot      verdict = "error, not there"
	unknownThere  verdict = "unknown, there"
	unknownNot    verdict = "unknown, not there"
)

var verdicts = []verdict{rightDone, rightConflict, falseConflict, falseSuccess, errorThere, errorNot, unknownThere, unknownNot}

// judge holds an outcome against what the server knows in the end. No alias that is asked
// for was there before.
func judge(said outcome, after state) verdict {
	right, wrong := errorNot, errorThere // of failed
	isRight := after != asked
	switch said {
	case done:
		right, wrong, isRight = rightDone, falseSuccess, after == asked
	case conflict:
		right, wrong, isRight = rightConflict, falseConflict, after == taken
	case unknown:
		right, wrong, isRight = unknownThere, unknownNot, after == asked
	}
	if isRight {
		return right
	}
	return wrong
}

// tally counts what a contender reported.
type tally struct {
	contender
	calls, requests int
	spared, ended   int // free keys that no 403 hit; those of them that are done
	counts          map[verdict]int
	took            []time.Duration
	down            float64 // part of the time that the proxy was
}

func (t *tally) add(c *call, said outcome) {
	v := judge(said, c.aliases[0].after)
	t.calls++
	t.counts[v]++
	t.requests += c.attempts.posts + c.attempts.lists
	t.took = append(t.took, c.took)
	if c.aliases[0].before == free && !c.attempts.denied {
		t.spared++
		if v == rightDone {
			t.ended++
		}
	}
}

// wrong is how many reports were.
func (t *tally) wrong() int {
	return t.counts[falseConflict] + t.counts[falseSuccess] + t.counts[errorThere]
}
