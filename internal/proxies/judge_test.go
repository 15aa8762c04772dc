package main

import (
	"errors"
	"fmt"
	"testing"

	"github.com/qovery-alias/qovery-alias-go/api"
)

func TestJudge(t *testing.T) {
	unknown := fmt.Errorf("%w: %w", api.ErrOutcomeUnknown, api.ErrConflict)
	for name, tc := range map[string]struct {
		report report
		wrong  bool
	}{
		"created":                          {report{verb: create, after: asked, effects: 1}, false},
		"created, not there":               {report{verb: create}, true},
		"created, another there":           {report{verb: ensure, after: taken}, true},
		"ensured":                          {report{verb: ensure, created: true, after: asked, effects: 1}, false},
		"ensured, was there":               {report{verb: ensure, before: asked, after: asked}, false},
		"ensured, was there, created":      {report{verb: ensure, created: true, before: asked, after: asked, effects: 1}, true},
		"created without a request":        {report{verb: batch, created: true, after: asked}, true},
		"conflict":                         {report{verb: create, err: api.ErrConflict, before: taken, after: taken}, false},
		"conflict with nothing":            {report{verb: ensure, err: api.ErrConflict}, true},
		"conflict with itself":             {report{verb: create, err: api.ErrConflict, after: asked}, true},
		"conflict with an older alias":     {report{verb: create, err: api.ErrConflict, before: asked, after: asked}, false},
		"ensure's conflict with an older":  {report{verb: ensure, err: api.ErrConflict, before: asked, after: asked}, true},
		"conflict with a shared alias":     {report{verb: ensure, err: api.ErrConflict, shared: true, after: asked}, true},
		"refused":                          {report{verb: create, err: api.ErrForbidden}, false},
		"refused, there":                   {report{verb: create, err: api.ErrForbidden, after: asked}, true},
		"refused, there before":            {report{verb: ensure, err: api.ErrForbidden, before: asked, after: asked}, false},
		"refused, created by another call": {report{verb: ensure, err: api.ErrForbidden, shared: true, after: asked}, false},
		"not sent, there":                  {report{verb: batch, err: api.ErrNotSent, after: asked}, true},
		"unknown, there":                   {report{verb: create, err: unknown, after: asked}, false},
		"unknown, not there":               {report{verb: create, err: unknown}, false},
		"no sentinel":                      {report{verb: create, err: errors.New("oops")}, true},
		"deleted":                          {report{verb: remove, before: asked}, false},
		"deleted, there":                   {report{verb: remove, before: asked, after: asked}, true},
		"not deleted":                      {report{verb: remove, err: api.ErrForbidden, before: asked, after: asked}, false},
		"not deleted, gone":                {report{verb: remove, err: api.ErrNotFound, before: asked}, true},
		"unknown deletion, gone":           {report{verb: remove, err: api.ErrOutcomeUnknown, before: asked}, false},
		"not found, was never there":       {report{verb: remove, err: api.ErrNotFound}, false},
		"list":                             {report{verb: list, after: asked}, false},
		"incomplete list":                  {report{verb: list}, true},
		"no list":                          {report{verb: list, err: api.ErrNoResponse}, false},
	} {
		if got := tc.report.wrong(); (got != "") != tc.wrong {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestSentinelOrder(t *testing.T) {
	for want, err := range map[string]error{
		"unknown": errors.Join(api.ErrConflict, api.ErrNotSent, api.ErrOutcomeUnknown),
		"notsent": errors.Join(api.ErrUnauthorized, api.ErrNotSent),
		"server":  errors.Join(api.ErrNoResponse, api.ErrServer),
		"":        errors.New("oops"),
	} {
		if got := sentinel(err); got != want {
			t.Errorf("%v: %q", err, got)
		}
	}
}
