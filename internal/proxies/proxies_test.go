package main

import (
	"testing"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/internal/judge"
)

func TestCompare(t *testing.T) {
	target := uuid.New()
	own := api.Secret{AliasedSecret: &api.SecretReference{ID: target}}
	other := api.Secret{AliasedSecret: &api.SecretReference{ID: uuid.New()}}
	taken, failed := &api.Error{StatusCode: 409}, &api.Error{StatusCode: 502}
	for _, tc := range []struct {
		name   string
		said   error
		holder api.Secret
		want   string
	}{
		{"created", nil, own, verdicts[0]},
		{"success, another's", nil, other, verdicts[2]},
		{"success, nothing there", nil, api.Secret{}, verdicts[2]},
		{"conflict, own", taken, own, verdicts[1]},
		{"conflict", taken, other, ""},
		{"error, there", failed, own, verdicts[3]},
		{"error", failed, other, ""},
		{"error, nothing there", api.ErrNoResponse, api.Secret{}, ""},
		{"unknown", api.ErrOutcomeUnknown, own, verdicts[4]},
	} {
		if got := compare(&judge.Call{Target: target, EnsureResult: api.EnsureResult{Err: tc.said}}, tc.holder); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
}

// A setting whose program is missing is skipped, so that the rest runs anywhere.
func TestInstalled(t *testing.T) {
	if (setting{program: "a-program-that-nobody-has"}).installed() {
		t.Error("a program that is missing is installed")
	}
	if !(setting{}).installed() {
		t.Error("a setting without a program is not installed")
	}
}
