package main

import (
	"context"
	"fmt"
	"log"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/internal/judge"
)

// verdicts are the columns of the comparison: what a client said, held against what the server
// has in the end.
var verdicts = []string{"done", "own alias reported as a conflict", "success, though the key is another's",
	"error, though the alias is there", "unknown"}

// compareAll has every client make the same aliases in one setting, prints what they reported,
// and returns how many reports of this client were wrong.
func (l load) compareAll(ctx context.Context, name string) (wrong int, err error) {
	var s setting
	for _, s = range settings {
		if s.name == name || name == "" && s.name == "haproxy-h2" {
			break
		}
	}
	if !s.installed() {
		return 0, nil
	}
	var rows []string
	for i := 0; ; i++ {
		counts, name, err := l.compareOne(ctx, s, i)
		if err != nil {
			return wrong, err
		}
		if name == "" {
			break
		}
		row := "| " + name + " |"
		for _, v := range verdicts {
			row += fmt.Sprintf(" %d |", counts[v])
		}
		rows = append(rows, row)
		if strings.HasSuffix(name, "JobSecretAlias") {
			wrong += counts[verdicts[1]] + counts[verdicts[2]] + counts[verdicts[3]]
		}
	}
	fmt.Printf("%d aliases each in the setting %s, seed %d:\n\n| client | %s |\n|%s\n%s\n", l.calls, s.name, l.seed,
		strings.Join(verdicts, " | "), strings.Repeat("---|", 1+len(verdicts)), strings.Join(rows, "\n"))
	return wrong, nil
}

// compareOne has a client make its aliases. Its name is empty if there is no such client.
func (l load) compareOne(ctx context.Context, s setting, number int) (counts map[string]int, name string, err error) {
	st, err := s.open(ctx, l.seed)
	if err != nil {
		return nil, "", err
	}
	defer st.close()
	clients, err := contenders(st.url)
	if err != nil || number >= len(clients) {
		return nil, "", err
	}
	client := clients[number]
	log.Printf("%s, seed %d …", client.name, l.seed)
	calls := planCreates(st, l.calls, rand.New(rand.NewPCG(l.seed, 3)))
	said := make([]outcome, len(calls)+1)
	// The pause keeps a client that fails fast from making all its calls during an outage.
	_, err = l.work(ctx, st, calls, 4*time.Millisecond, func(ctx context.Context, c *call) {
		said[c.parts[0].ID] = client.make(ctx, c.parts[0])
	})
	counts = map[string]int{}
	has := map[uuid.UUID]map[string]api.Secret{}
	for _, c := range calls {
		one := c.parts[0]
		if has[one.Job] == nil {
			has[one.Job] = map[string]api.Secret{}
			for _, secret := range st.fake.Secrets(one.Job) {
				has[one.Job][secret.Key] = secret
			}
		}
		if c.done {
			counts[verdict(said[one.ID], one, has[one.Job][one.Request.Key])]++
		}
	}
	return counts, client.name, err
}

// verdict holds what a client said against the secret that has the key in the end. It returns
// one of verdicts; empty: a rightful error.
func verdict(said outcome, asked *judge.Call, holder api.Secret) string {
	own := holder.AliasedSecret != nil && holder.AliasedSecret.ID == asked.Target
	switch {
	case said == unknown:
		return verdicts[4]
	case said == done && own:
		return verdicts[0]
	case said == done:
		return verdicts[2]
	case said == conflict && own:
		return verdicts[1]
	case said == failed && own:
		return verdicts[3]
	}
	return ""
}

// planCreates makes up calls that ask for an alias each. One key in 16 is another secret's.
func planCreates(st *stage, n int, rnd *rand.Rand) (calls []*call) {
	var p place
	for i := range n {
		if i%callsPerJob == 0 {
			p = newPlace(st)
		}
		part := &judge.Call{ID: i + 1, Job: p.job, Target: p.targets[0]}
		part.Request.Key = fmt.Sprint("KEY_", i)
		if rnd.IntN(16) == 0 {
			st.fake.AddAlias(p.job, p.targets[1], part.Request.Key)
		}
		calls = append(calls, &call{parts: []*judge.Call{part}, timeout: time.Minute})
	}
	return calls
}
