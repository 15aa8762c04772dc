package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"slices"
	"strings"
	"time"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/internal/judge"
)

// verdicts are what a client said, held against what the server has.
var verdicts = []string{"done", "own alias reported as a conflict", "success, though the key is another's",
	"error, though the alias is there", "unknown"}

// compareAll has every client make the same aliases behind haproxy, prints what they reported,
// and returns how many reports of this client were wrong.
func (l load) compareAll(ctx context.Context, _ string) (wrong int, err error) {
	s := settings[slices.IndexFunc(settings, func(s setting) bool { return s.name == "haproxy-h2" })]
	if !s.installed() {
		return 0, nil
	}
	// The pause keeps a client that fails fast from making all its calls during an outage.
	l.verbs, l.pause, l.timeouts = []string{"create"}, 4*time.Millisecond, []time.Duration{time.Minute}
	rows := "| client | " + strings.Join(verdicts, " | ") + " |\n|---|---|---|---|---|---|\n"
	for _, c := range contenders {
		log.Printf("%s, seed %d …", c.name, l.seed)
		r, err := l.run(ctx, s, func(st *stage) (work, error) {
			create, err := c.connect(st.url)
			return func(ctx context.Context, calls []*judge.Call) { calls[0].Err = create(ctx, calls[0]) }, err
		})
		if err != nil {
			return 0, err
		}
		counts := map[string]int{}
		for _, call := range r.made("create") {
			counts[compare(call, r.holder(call))]++
		}
		rows += "| " + c.name + " |"
		for _, v := range verdicts {
			rows += fmt.Sprintf(" %d |", counts[v])
		}
		rows += "\n"
		if c.ours {
			fmt.Print(c.name, ":")
			note(r.made("create"))
			wrong += counts[verdicts[1]] + counts[verdicts[2]] + counts[verdicts[3]]
		}
	}
	fmt.Printf("%d aliases each, seed %d:\n\n%s", l.calls, l.seed, rows)
	return wrong, nil
}

// compare holds what a client said of an alias against the secret that has the key in the end.
// It returns one of verdicts; nothing for a rightful error.
func compare(c *judge.Call, holder api.Secret) string {
	own := holder.AliasedSecret != nil && holder.AliasedSecret.ID == c.Target
	switch {
	case errors.Is(c.Err, api.ErrOutcomeUnknown):
		return verdicts[4]
	case c.Err == nil && own:
		return verdicts[0]
	case c.Err == nil:
		return verdicts[2]
	case errors.Is(c.Err, api.ErrConflict) && own:
		return verdicts[1]
	case own:
		return verdicts[3]
	}
	return ""
}

// holder returns the secret that has the key of a call in the end; zero: there is none.
func (r *result) holder(c *judge.Call) (holder api.Secret) {
	for _, secret := range r.fake.Secrets(c.Job) {
		if secret.Key == c.Request.Key {
			holder = secret
		}
	}
	return holder
}
