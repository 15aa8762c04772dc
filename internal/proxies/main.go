// Command proxies runs the client behind real proxies that fail, and holds what each call
// reported against what the server did.
//
//	go run . [-calls N] [-seed S] [-settings a,b] [-short]
//	go run . -compare [-calls N] [-seed S] [-short]
//
// The server is the fake of package apitest, slow at times. In front of it stands, in turn:
//
//   - nginx-h1, nginx-h2: nginx with TLS, 50 requests a connection, reloaded every 300 ms, its
//     workers killed now and then
//   - nginx-repeat: nginx that waits 50 ms for the server and then sends the request again, a
//     POST too
//   - nginx-429, nginx-503: nginx that limits to 200 requests a second; one batch of 1,000
//     aliases goes through it
//   - haproxy-h1, haproxy-h2: haproxy with TLS that waits 50 ms for the server, denies one
//     request in 50 by 403, and is killed and started again
//   - haproxy-repeat: the same, and it sends requests again
//   - cuts-h1, cuts-h2: a TCP proxy that cuts connections at random bytes
//
// A row of the table is about one verb. The aliases of a batch count as calls of their own.
// "exempt" are conflicts of a create with its own alias where the proxy repeats requests, which
// no client can tell from others. With -compare, this client and others make the same aliases in
// the setting haproxy-h2, and the table says what each told its user.
//
// The exit code is 1 if a report of this client is wrong. Settings whose program is not
// installed are skipped; the Debian packages are nginx and haproxy.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
)

// load says how much to do in each setting.
type load struct {
	calls, batch int
	seed         uint64
	most         time.Duration // for how long calls begin
}

func main() {
	log.SetFlags(0)
	l := load{batch: 1000, most: 5 * time.Minute}
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
		log.Fatalf("%d wrong reports; seed %d", wrong, l.seed)
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
		r, err := l.run(ctx, s)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", s.name, err)
		}
		results = append(results, r)
	}
	return report(results), nil
}

// installed reports whether the setting can run.
func (s setting) installed() bool {
	if s.program == "" {
		return true
	}
	_, err := exec.LookPath(s.program)
	if err != nil {
		log.Printf("%s is skipped: install the Debian package %s", s.name, s.program)
	}
	return err == nil
}
