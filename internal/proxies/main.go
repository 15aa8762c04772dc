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
	l := load{batch: limitBatch, start: 4 * time.Minute, grace: time.Minute}
	flag.IntVar(&l.calls, "calls", 5000, "calls in each setting")
	flag.Uint64Var(&l.seed, "seed", rand.Uint64()>>32, "what the calls and faults follow from")
	flag.DurationVar(&l.start, "time", l.start, "for how long calls begin in each setting")
	flag.DurationVar(&l.timeout, "deadline", 0, "of each call; 0: 2 s, 10 s and none in turn")
	names := flag.String("settings", "", "some of them only, separated by commas")
	side := flag.Bool("compare", false, "compare clients in the haproxy setting instead, and write the results to "+resultsFile)
	short := flag.Bool("short", false, "about 3,000 calls, at most a minute; write nothing")
	flag.Parse()
	if *short {
		l.calls, l.batch, l.start, l.grace = 600, 200, 5*time.Second, 2*time.Second
	}

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ok, err := withCertificates(func(certs certificates) (bool, error) {
		if *side {
			return compare(ctx, l, certs, *short)
		}
		return runAll(ctx, l, certs, *names)
	})
	switch {
	case err != nil:
		log.Fatal(err)
	case !ok:
		os.Exit(1)
	}
}

// withCertificates runs f with certificates that are trusted.
func withCertificates(f func(certificates) (bool, error)) (bool, error) {
	dir, err := os.MkdirTemp("", "proxies-")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(dir)
	certs, err := newCertificates(dir)
	if err != nil {
		return false, err
	}
	// Read once, when a certificate is verified for the first time.
	os.Setenv("SSL_CERT_FILE", certs.ca)
	return f(certs)
}

// runAll reports whether all reports of all settings were right.
func runAll(ctx context.Context, l load, certs certificates, names string) (bool, error) {
	chosen, err := choose(names)
	if err != nil {
		return false, err
	}
	var results []*result
	for _, s := range chosen {
		if !s.installed() {
			continue
		}
		log.Printf("%s, seed %d …", s.name, l.seed)
		r, err := l.run(ctx, s, certs)
		if err != nil {
			return false, fmt.Errorf("%s: %w", s.name, err)
		}
		results = append(results, r)
	}
	return show(results), nil
}

func choose(names string) (chosen []setting, err error) {
	if names == "" {
		return settings, nil
	}
	for name := range strings.SplitSeq(names, ",") {
		i := slices.IndexFunc(settings, func(s setting) bool { return s.name == name })
		if i < 0 {
			return nil, fmt.Errorf("there is no setting %q", name)
		}
		chosen = append(chosen, settings[i])
	}
	return chosen, nil
}

// show prints all results, and reports whether there are no problems.
func show(results []*result) bool {
	writeTable(os.Stdout, results)
	problems := 0
	for _, r := range results {
		for _, text := range slices.Concat(r.notes, r.problems) {
			fmt.Println(text)
		}
		problems += len(r.problems)
	}
	if problems > 0 {
		fmt.Printf("%d problems\n", problems)
	}
	return problems == 0
}
