// Command proxies runs the client behind real proxies that fail, and holds what each call
// reported against what the server did.
//
//	go run . [-calls N] [-seed S] [-settings a,b] [-short]
//	go run . -compare [-calls N] [-seed S] [-short]
//
// The server is the fake of package apitest, slow at times; what stands in front of it is in
// settings.go. It prints what the calls of each verb reported, and how often that was wrong.
// The aliases of a batch count as calls of their own. "exempt" are conflicts of a create with
// its own alias behind a proxy that repeats requests, which no client can tell from others.
//
// With -compare, this client and others make the same aliases behind haproxy, and a table says
// what each told its user. The exit code is 1 if a report of this client is wrong. Settings whose
// program is not installed are skipped; the Debian packages are nginx and haproxy.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
)

func main() {
	log.SetFlags(0)
	l := load{batch: 1000, most: 5 * time.Minute,
		timeouts: []time.Duration{2 * time.Second, 10 * time.Second, 0},
		verbs:    strings.Fields("create create create ensure ensure ensure ensure batch delete delete list")}
	flag.IntVar(&l.calls, "calls", 5000, "calls in each setting")
	flag.Uint64Var(&l.seed, "seed", rand.Uint64()>>32, "what the calls and faults follow from")
	names := flag.String("settings", "", "some of them only, separated by commas")
	compare := flag.Bool("compare", false, "compare clients")
	short := flag.Bool("short", false, "about 3,000 calls, in a minute")
	flag.Parse()
	if *short {
		l.calls, l.batch, l.most = 350, 200, 5*time.Second
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	run := l.runAll
	if *compare {
		run = l.compareAll
	}
	wrong, err := run(ctx, *names)
	if err != nil {
		log.Fatal(err)
	}
	if wrong > 0 {
		log.Fatalf("%d wrong reports, seed %d", wrong, l.seed)
	}
}

// runAll runs the settings of these names, or all, prints what they showed, and returns how
// many reports were wrong.
func (l load) runAll(ctx context.Context, names string) (int, error) {
	var results []*result
	for _, s := range settings {
		if names != "" && !slices.Contains(strings.Split(names, ","), s.name) || !s.installed() {
			continue
		}
		log.Printf("%s, seed %d …", s.name, l.seed)
		r, err := l.run(ctx, s, byClient)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", s.name, err)
		}
		results = append(results, r)
	}
	return report(results), nil
}
