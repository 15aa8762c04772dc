package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestVerdict(t *testing.T) {
	for _, tc := range []struct {
		said  outcome
		after state
		want  verdict
	}{
		{done, asked, rightDone},
		{done, taken, falseSuccess},
		{done, free, falseSuccess},
		{conflict, taken, rightConflict},
		{conflict, asked, falseConflict},
		{conflict, free, falseConflict},
		{failed, asked, errorThere},
		{failed, taken, errorNot},
		{failed, free, errorNot},
		{unknown, asked, unknownThere},
		{unknown, taken, unknownNot},
		{unknown, free, unknownNot},
	} {
		if got := judge(tc.said, tc.after); got != tc.want {
			t.Errorf("said %d, after %d: %q, want %q", tc.said, tc.after, got, tc.want)
		}
	}
}

func TestTally(t *testing.T) {
	tally := tally{counts: map[verdict]int{}}
	add := func(before, after state, denied bool, said outcome) {
		a := &alias{report: report{before: before, after: after}}
		tally.add(&call{aliases: []*alias{a}, attempts: attempts{posts: 1, denied: denied}}, said)
	}
	add(free, asked, false, done)
	add(free, asked, false, conflict)
	add(free, free, true, failed)
	add(taken, taken, false, conflict)
	if tally.calls != 4 || tally.requests != 4 || tally.wrong() != 1 || tally.share() != 0.5 {
		t.Errorf("%d calls, %d requests, %d wrong, %.2f done", tally.calls, tally.requests, tally.wrong(), tally.share())
	}
}

func TestWriteSection(t *testing.T) {
	file := filepath.Join(t.TempDir(), "RESULTS.md")
	if err := os.WriteFile(file, []byte("# Results\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"first\n", "second\n"} {
		if err := writeSection(file, sectionMark+text); err != nil {
			t.Fatal(err)
		}
		got, _ := os.ReadFile(file)
		if want := "# Results\n\n" + sectionMark + text; string(got) != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
