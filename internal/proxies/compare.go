package main

import (
	"context"
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"time"

	"github.com/qovery-alias/qovery-alias-go/api/apitest"
)

// comparePace is such that a client that fails fast does not spend its calls on an outage.
const comparePace = 4 * time.Millisecond

// compare has every contender make the same aliases through haproxy, and reports whether
// all reports of ours were right.
func compare(ctx context.Context, l load, certs certificates, short bool) (bool, error) {
	chosen, err := choose("haproxy")
	if err != nil || !chosen[0].installed() {
		return err == nil, err
	}
	l.pace = comparePace
	var tallies []*tally
	for _, c := range contenders() {
		log.Printf("%s, seed %d …", c.name, l.seed)
		t, err := l.compareOne(ctx, chosen[0], certs, c)
		if err != nil {
			return false, fmt.Errorf("%s: %w", c.name, err)
		}
		tallies = append(tallies, t)
	}
	section := compareSection(tallies, l, time.Now())
	fmt.Print(section)
	if !short {
		if err := writeSection(resultsFile, section); err != nil {
			return false, err
		}
	}
	ok := true
	for _, t := range tallies {
		if t.ours && t.wrong() > 0 {
			fmt.Fprintf(os.Stderr, "%s seed %d: %d wrong reports\n", t.name, l.seed, t.wrong())
			ok = false
		}
	}
	return ok, nil
}

func (l load) compareOne(ctx context.Context, s setting, certs certificates, c contender) (*tally, error) {
	opened := time.Now()
	st, err := l.open(ctx, s, certs)
	if err != nil {
		return nil, err
	}
	defer st.close()
	create, err := c.connect(endpoint{st.baseURL, st.server.fake.Token()})
	if err != nil {
		return nil, err
	}
	said := map[*call]*outcome{}
	calls := planCreates(st.server.fake, rand.New(rand.NewPCG(l.seed, 3)), l.calls)
	for _, c := range calls {
		said[c] = new(outcome)
	}
	calls, _, err = l.makeAll(ctx, st.server, calls, func(ctx context.Context, c *call) {
		a := c.aliases[0]
		*said[c] = create(ctx, c.job.id, a.target, a.key)
	})
	if err != nil {
		return nil, err
	}
	st.close()
	t := &tally{contender: c, counts: map[verdict]int{}, down: float64(st.down) / float64(time.Since(opened))}
	for _, c := range calls {
		t.add(c, *said[c])
	}
	return t, nil
}

// planCreates makes calls that ask for an alias each. One key in 16 is another's.
func planCreates(fake *apitest.Server, rnd *rand.Rand, n int) []*call {
	var j job
	calls := make([]*call, n)
	for i := range calls {
		if i%callsPerJob == 0 {
			j = newJob(fake, i)
		}
		a := &alias{report: report{verb: ensure, key: fmt.Sprintf("KEY_%d", i)}, target: j.targets[0]}
		if rnd.IntN(16) == 0 {
			fake.AddAlias(j.id, j.targets[1], a.key)
			a.before = taken
		}
		calls[i] = &call{verb: ensure, job: j, aliases: []*alias{a}, timeout: time.Minute}
	}
	return calls
}
